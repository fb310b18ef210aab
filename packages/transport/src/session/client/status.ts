import { type AmfValue, numberProperty, property, stringProperty } from '../../amf/value.js';
import { RtmpError, RtmpErrorCode, type RtmpStage } from '../../errors.js';
import { redact } from '../../redaction/known-secrets.js';
import { isRtmpUrl } from '../../url.js';

/**
 * A server's status of a connection or stream: the information object of `_result`, `_error` and `onStatus`,
 * word for word. It may quote our URL, and with it a token.
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

/** Tells whether a status means that the stream cannot go on. */
export function isFailure(status: RtmpStatus): boolean {
  if (isAside(status)) return false;
  if (status.level === 'error') return true;
  return /\.(Rejected|Failed|BadName|Denied|Unauthorized|InvalidApp|Closed|AppShutdown)$/.test(status.code);
}

/**
 * Tells whether a status is about something other than publishing, such as its own recording, which may fail
 * while the stream goes on to its players.
 */
export function isAside({ code }: RtmpStatus): boolean {
  return /^NetStream\.(Record|Play|Pause|Seek|Buffer)\./.test(code);
}

/** Descriptions that demand authentication: an answer needs them whole, and no reader of the error does. */
const challenges = new WeakMap<RtmpError, string>();

/** The server's challenge in a failure of `connect`, word for word. */
export function challengeOf(error: RtmpError): string {
  return challenges.get(error) ?? error.details.description ?? '';
}

/** The error for a failing status, with the server's own words, the secrets in them left out. */
export function failureOf(status: RtmpStatus, stage: RtmpStage, secrets: readonly string[]): RtmpError {
  const redirect = redirectOf(status.info);
  const code = redirect === undefined ? codeFor(status, stage) : RtmpErrorCode.redirect;
  const serverCode = redact(status.code, secrets);
  const description = redact(status.description, secrets);
  const words = [serverCode, description].filter((word) => word !== '').join(': ');
  const details = { serverCode, description };
  // Not enumerable, so that it is not logged by the way.
  if (redirect !== undefined) Object.defineProperty(details, 'redirect', { value: redirect });
  const text = `the server refused ${stage}: ${words || 'it gave no reason'}`;
  const error = new RtmpError(code, stage, text, { details });
  if (code === RtmpErrorCode.authFailed) challenges.set(error, status.description);
  return error;
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
    case 'play':
    case 'playing':
      return RtmpErrorCode.playFailed;
    default:
      return permanent ? RtmpErrorCode.publishRejected : RtmpErrorCode.publishFailed;
  }
}

/**
 * Returns the target of a redirect: `ex.code` 302 with `ex.redirect`, as SRS and Adobe's server send it. SRS
 * puts a tcUrl there, and the whole URL, with stream and query, into `ex.redirect2`.
 */
function redirectOf(info: AmfValue): string | undefined {
  const ex = property(info, 'ex');
  if (numberProperty(ex, 'code') !== 302) return undefined;
  const whole = stringProperty(ex, 'redirect2');
  return whole !== undefined && isRtmpUrl(whole) ? whole : (stringProperty(ex, 'redirect') ?? whole);
}
