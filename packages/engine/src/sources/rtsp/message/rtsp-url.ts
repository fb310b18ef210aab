import { rtspError, rtspErrorCodes } from '../errors.js';

/** Ports of RFC 2326 §3.2 and of RTSP over TLS. */
const defaultPorts = { rtsp: 554, rtsps: 322 } as const;

/** An RTSP URL taken apart (RFC 2326 §3.2). */
export interface RtspUrl {
  readonly tls: boolean;
  /** Host name or address; an IPv6 address without its brackets. */
  readonly host: string;
  readonly port: number;
  /** The URL for requests: without user info. Its query may be a secret. */
  readonly requestUrl: string;
  /** The URL for errors and logs: without user info, query and fragment. */
  readonly shown: string;
  /** Decoded user info, when the URL has any. */
  readonly username: string | undefined;
  readonly password: string | undefined;
}

const LARGEST_PORT = 65_535;

const pattern = /^(rtsps?):\/\/(?:([^/?#]*)@)?(\[[\da-f:.]+\]|[^/?#:@[\]]+)(?::(\d{1,9}))?([/?#].*)?$/i;

/** Reads an RTSP URL; undefined when it is not one. User info may hold `@` and `:` as they are. */
function matchUrl(text: string): RtspUrl | undefined {
  const match = /[\s\p{Cc}]/u.test(text) ? null : pattern.exec(text);
  if (match === null) return undefined;
  const scheme = match[1]!.toLowerCase() as keyof typeof defaultPorts;
  const host = match[3]!;
  const port = match[4] === undefined ? defaultPorts[scheme] : Number(match[4]);
  if (!isPort(port)) return undefined;
  const path = (match[5] ?? '').replace(/#.*$/, '');
  const authority = match[4] === undefined ? host : `${host}:${port}`;
  const [username, password] = splitUserInfo(match[2]);
  return {
    tls: scheme === 'rtsps',
    host: host.replace(/^\[|\]$/g, ''),
    port,
    requestUrl: `${scheme}://${authority}${path}`,
    shown: `${scheme}://${authority}${path.replace(/\?.*$/, '')}`,
    username,
    password,
  };
}

/**
 * Parses an RTSP or RTSPS URL.
 *
 * @throws {CloudPushError} `ERR_CLOUDPUSH_RTSP_URL` when it is not one; the error does not repeat the text,
 *   which may hold a password
 */
export function parseRtspUrl(text: string): RtspUrl {
  const url = matchUrl(text);
  if (url !== undefined) return url;
  const port = pattern.exec(text)?.[4];
  if (port !== undefined && !isPort(Number(port))) {
    const message = `the source's RTSP URL has the port ${port}; ports are 1 to ${LARGEST_PORT}`;
    throw rtspError(rtspErrorCodes.url, message);
  }
  const found = /^[a-z][a-z\d+.-]*:/i.exec(text)?.[0] ?? 'no scheme';
  throw rtspError(
    rtspErrorCodes.url,
    `the source is not a valid RTSP URL (it begins with ${found}); write rtsp://host[:port]/path or rtsps://…`,
  );
}

/**
 * The URL of a control attribute (RFC 2326 §C.1.1): absolute, `*` for the base itself, or relative to the
 * base, the way that cameras mean it: appended to the base's path, whether the base ends in a slash or not.
 */
export function resolveControl(base: string, control: string | undefined): string {
  if (control === undefined || control === '' || control === '*') return base;
  if (/^rtsps?:\/\//i.test(control)) return matchUrl(control)?.requestUrl ?? base;
  if (control.startsWith('?')) return base + control;
  if (control.startsWith('/')) return (/^rtsps?:\/\/[^/?#]*/i.exec(base)?.[0] ?? base) + control;
  return base.endsWith('/') ? base + control : `${base}/${control}`;
}

function splitUserInfo(userInfo: string | undefined): [string | undefined, string | undefined] {
  if (userInfo === undefined || userInfo === '') return [undefined, undefined];
  const colon = userInfo.indexOf(':');
  if (colon < 0) return [decode(userInfo), ''];
  return [decode(userInfo.slice(0, colon)), decode(userInfo.slice(colon + 1))];
}

function isPort(number: number): boolean {
  return number >= 1 && number <= LARGEST_PORT;
}

/** A password that holds a `%` of its own is taken as it stands. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
