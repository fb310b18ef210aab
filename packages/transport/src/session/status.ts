import { type AmfValue, numberProperty, property, stringProperty } from '../amf0/value.js';
import { RtmpError, RtmpErrorCode, type RtmpStage } from '../errors.js';

/**
 * What a server says about a connection or stream: the information object of `_result`, `_error` and `onStatus`, word
 * for word. It may quote our URL, and with it a token.
 */
export interface RtmpStatus {
  /** `status`, `warning` or `error`; empty when the server left it out. */
  readonly level: string;
  /** E.g. `NetStream.Publish.Start`; empty when the server left it out. */
  readonly code: string;
  readonly description: string;
  /** The whole information object. */
  readonly info: AmfValue;
}

/** The status in a command's arguments: the last that looks like an information object. */
export function statusOf(args: readonly AmfValue[]): RtmpStatus {
  for (let i = args.length - 1; i >= 0; i--) {
    const info = args[i];
    const code = stringProperty(info, 'code');
    const level = stringProperty(info, 'level');
    if (code === undefined && level === undefined) continue;
    return {
      level: level ?? '',
      code: code ?? '',
      description: stringProperty(info, 'description') ?? '',
      info,
    };
  }
  const text = args.find((arg) => typeof arg === 'string');
  return { level: '', code: '', description: typeof text === 'string' ? text : '', info: undefined };
}

const PERMANENT: ReadonlySet<string> = new Set([
  'NetConnection.Connect.Rejected',
  'NetConnection.Connect.InvalidApp',
  'NetStream.Publish.Denied',
  'NetStream.Publish.Rejected',
  'NetStream.Publish.Unauthorized',
]);
/** nginx-rtmp says BadName; SRS says "stream busy" in words; others "already publishing". */
const BUSY_WORDS = /\bbusy\b|already (being )?publish|already exist|in use\b/i;

/** Whether a status means that the stream cannot go on. */
export function isFailure(status: RtmpStatus): boolean {
  if (status.level === 'error') return true;
  return /\.(Rejected|Failed|BadName|Denied|Unauthorized|InvalidApp|Closed|AppShutdown)$/.test(status.code);
}

/** The error for a failing status, with the server's own words. */
export function failureOf(status: RtmpStatus, stage: RtmpStage): RtmpError {
  const redirect = redirectOf(status.info);
  const code = redirect === undefined ? codeFor(status, stage) : RtmpErrorCode.redirect;
  const words = [status.code, redactUrls(status.description)].filter((word) => word !== '').join(': ');
  // A challenge must stay whole to be answered; it holds no secret of ours.
  const description = /reason=needauth/.test(status.description)
    ? status.description
    : redactUrls(status.description);
  const details = { serverCode: status.code, description };
  // Not enumerable, so that it is not logged by the way.
  if (redirect !== undefined) Object.defineProperty(details, 'redirect', { value: redirect });
  return new RtmpError(code, stage, `The server refused ${stage}: ${words || 'it gave no reason'}`, {
    details,
  });
}

function codeFor(status: RtmpStatus, stage: RtmpStage): RtmpErrorCode {
  if (status.code === 'NetStream.Publish.BadName' || BUSY_WORDS.test(status.description)) {
    return RtmpErrorCode.streamBusy;
  }
  const permanent = PERMANENT.has(status.code);
  switch (stage) {
    case 'connect':
      if (/authmod=|AccessManager|authfail/i.test(status.description)) return RtmpErrorCode.authFailed;
      return permanent ? RtmpErrorCode.connectRejected : RtmpErrorCode.connectFailed;
    case 'create-stream':
      return RtmpErrorCode.createStreamFailed;
    default:
      return permanent ? RtmpErrorCode.publishRejected : RtmpErrorCode.publishFailed;
  }
}

/** Where a redirect leads: `ex.code` 302 with `ex.redirect`, as SRS and Adobe's server send it. */
function redirectOf(info: AmfValue): string | undefined {
  const ex = property(info, 'ex');
  if (numberProperty(ex, 'code') !== 302) return undefined;
  return stringProperty(ex, 'redirect') ?? stringProperty(ex, 'redirect2');
}

/**
 * Servers quote our own URL, and with it the token, and challenge us with nonces: neither belongs in a text.
 */
export function redactUrls(text: string): string {
  return text.replace(/\?\S*/g, '?…').replace(/(\/\/)[^/\s@]*@/g, '$1…@');
}
