import { rtspError, rtspErrorCodes } from '../errors.js';
import { parseRtspUrl, type RtspUrl } from '../message/rtsp-url.js';

const redirects: ReadonlySet<number> = new Set([301, 302, 303, 305, 307, 308]);

/** Whether a status sends the client elsewhere (RFC 2326 §11.3). */
export function isRedirect(status: number): boolean {
  return redirects.has(status);
}

/**
 * The URL that a redirect leads to.
 *
 * @throws {CloudPushError} `ERR_CLOUDPUSH_RTSP_REDIRECT` when it is not an RTSP URL, or leads from TLS to plain text
 */
export function redirectTarget(from: RtspUrl, location: string | undefined): RtspUrl {
  const target = location === undefined ? undefined : tryParse(location);
  if (target === undefined) {
    throw rtspError(rtspErrorCodes.redirect, 'the redirect names no RTSP URL in its Location header field');
  }
  if (from.tls && !target.tls) {
    throw rtspError(
      rtspErrorCodes.redirect,
      `the redirect from TLS to plain ${target.shown} is not followed`,
    );
  }
  return target;
}

function tryParse(text: string): RtspUrl | undefined {
  try {
    return parseRtspUrl(text);
  } catch {
    return undefined;
  }
}
