import type { Credentials } from '../auth/authenticator.js';
import { rtspError, rtspErrorCodes } from '../errors.js';
import { parseRtspUrl, type RtspUrl } from '../message/rtsp-url.js';

const redirects: ReadonlySet<number> = new Set([301, 302, 303, 305, 307, 308]);

/** Tells whether a status sends the client elsewhere (RFC 2326 §11.3). */
export function isRedirect(status: number): boolean {
  return redirects.has(status);
}

/** Address of a camera, and the credentials for it; redirects change it. */
export class CameraAddress {
  readonly #maxRedirects: number;
  #url: RtspUrl;
  #credentials: Credentials | undefined;
  #redirects = 0;

  /**
   * @param credentials go before the user info of the URL
   * @throws {CloudPushError} `ERR_CLOUDPUSH_RTSP_URL` when the URL is not valid
   */
  constructor(url: string, credentials: Credentials | undefined, maxRedirects: number) {
    this.#url = parseRtspUrl(url);
    this.#credentials = credentials ?? credentialsOf(this.#url);
    this.#maxRedirects = maxRedirects;
  }

  get url(): RtspUrl {
    return this.#url;
  }

  get credentials(): Credentials | undefined {
    return this.#credentials;
  }

  /**
   * Goes where a redirect leads. Credentials go along to the same host alone.
   *
   * @throws {CloudPushError} `ERR_CLOUDPUSH_RTSP_REDIRECT` when that is not an RTSP URL, when it leads from
   *   TLS to plain text, or after too many redirects
   */
  follow(location: string | undefined): void {
    const target = location === undefined ? undefined : tryParse(location);
    if (target === undefined) {
      throw rtspError(rtspErrorCodes.redirect, 'the redirect names no RTSP URL in its Location header field');
    }
    if (this.#url.tls && !target.tls) {
      throw rtspError(
        rtspErrorCodes.redirect,
        `the redirect from TLS to plain ${target.shown} is not followed`,
      );
    }
    if (++this.#redirects > this.#maxRedirects) {
      throw rtspError(rtspErrorCodes.redirect, `more than ${this.#maxRedirects} redirects`);
    }
    const known = target.host === this.#url.host ? this.#credentials : undefined;
    this.#credentials = credentialsOf(target) ?? known;
    this.#url = target;
  }
}

function credentialsOf({ username, password }: RtspUrl): Credentials | undefined {
  return username === undefined ? undefined : { username, password: password ?? '' };
}

function tryParse(text: string): RtspUrl | undefined {
  try {
    return parseRtspUrl(text);
  } catch {
    return undefined;
  }
}
