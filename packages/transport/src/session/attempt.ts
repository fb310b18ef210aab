import type { AmfObject, AmfValue } from '../amf0/value.js';
import { RtmpError, RtmpErrorCode } from '../errors.js';
import { parseRtmpUrl, type RtmpUrl } from '../url.js';
import { answerChallenge, type Credentials } from './auth.js';

/** What stays the same over all attempts of one `connect`. */
export interface AttemptOptions {
  readonly handshake: 'simple' | 'digest' | 'auto';
  readonly credentials: Credentials | undefined;
  readonly maxRedirects: number;
  readonly app: string | undefined;
}

/**
 * One try to publish, on a connection of its own: authentication, redirects and the digest fallback each need
 * another.
 */
export interface Attempt {
  readonly url: RtmpUrl;
  readonly handshake: 'simple' | 'digest';
  /** Goes behind app and tcUrl: the answer to an authentication challenge, with its question mark. */
  readonly authQuery: string;
  readonly authRounds: number;
  readonly redirects: number;
  /** Another stream name than the URL's. */
  readonly streamName: string | undefined;
}

/** Adobe's and Limelight's schemes take two rejections; a third means that the answer was wrong. */
const MAX_AUTH_ROUNDS = 2;

export function firstAttempt(url: RtmpUrl, streamName: string | undefined, options: AttemptOptions): Attempt {
  const handshake = options.handshake === 'digest' ? 'digest' : 'simple';
  return { url, handshake, authQuery: '', authRounds: 0, redirects: 0, streamName };
}

/** What to try after an attempt has failed; an error when that was the last word. */
export function nextAttempt(
  attempt: Attempt,
  error: RtmpError,
  options: AttemptOptions,
  nonce: string,
): Attempt | RtmpError {
  if (error.code === RtmpErrorCode.redirect) return followRedirect(attempt, error, options);
  if (error.stage === 'handshake' && options.handshake === 'auto' && attempt.handshake === 'simple') {
    return error.code === RtmpErrorCode.aborted ? error : { ...attempt, handshake: 'digest' };
  }
  if (error.code !== RtmpErrorCode.authFailed) return error;
  const credentials = options.credentials;
  if (credentials === undefined || attempt.authRounds === MAX_AUTH_ROUNDS) return error;
  const answer = answerChallenge(error.details.description ?? '', credentials, attempt.url.app, nonce);
  if (answer === undefined) return error;
  return { ...attempt, authQuery: answer, authRounds: attempt.authRounds + 1 };
}

function followRedirect(attempt: Attempt, error: RtmpError, options: AttemptOptions): Attempt | RtmpError {
  if (attempt.redirects >= options.maxRedirects) {
    return new RtmpError(
      RtmpErrorCode.redirectLimit,
      'connect',
      `The server redirects for the ${attempt.redirects + 1}. time, permitted: ${options.maxRedirects}`,
      { details: { actual: attempt.redirects + 1, permitted: options.maxRedirects }, cause: error },
    );
  }
  try {
    const target = parseRtmpUrl(error.details.redirect ?? '');
    return { ...attempt, url: redirectTarget(attempt.url, target), redirects: attempt.redirects + 1 };
  } catch (cause) {
    return new RtmpError(RtmpErrorCode.connectFailed, 'connect', 'The server redirects to an invalid URL', {
      cause,
    });
  }
}

/** A redirect may name the app only: the stream name then stays ours, and so do credentials. */
function redirectTarget(from: RtmpUrl, to: RtmpUrl): RtmpUrl {
  const whole = to.streamName !== '';
  return {
    ...to,
    streamName: whole ? to.streamName : from.streamName,
    query: to.query === '' ? from.query : to.query,
    user: to.user ?? from.user,
    password: to.password ?? from.password,
  };
}

export interface ConnectFields {
  readonly connectObject: AmfObject;
  readonly connectArguments: readonly AmfValue[];
  readonly streamName: string;
}

export interface ConnectWishes {
  readonly token: string | undefined;
  readonly tokenPlacement: 'stream-query' | 'tc-url-query' | 'connect-argument';
  /** Enhanced RTMP announcement, or nothing. */
  readonly announcement: AmfObject;
  readonly connectObject: AmfObject;
  readonly connectArguments: readonly AmfValue[];
}

/** What an attempt says in `connect` and `publish`. tcUrl never carries user info. */
export function connectFields(attempt: Attempt, wishes: ConnectWishes): ConnectFields {
  const { url, authQuery } = attempt;
  const token = wishes.token === undefined ? '' : `token=${encodeURIComponent(wishes.token)}`;
  const inTcUrl = wishes.tokenPlacement === 'tc-url-query' ? token : '';
  const suffix = joinQuery(authQuery, inTcUrl);
  const inName = wishes.tokenPlacement === 'stream-query' ? token : '';
  const name = attempt.streamName ?? joinQuery(url.streamName, url.query);
  const extra =
    wishes.tokenPlacement === 'connect-argument' && wishes.token !== undefined ? [wishes.token] : [];
  return {
    connectObject: {
      app: joinQuery(url.app, suffix),
      type: 'nonprivate',
      flashVer: 'FMLE/3.0 (compatible; cloudpush)',
      tcUrl: joinQuery(url.tcUrl, suffix),
      ...wishes.announcement,
      ...wishes.connectObject,
    },
    connectArguments: [...wishes.connectArguments, ...extra],
    streamName: joinQuery(name, inName),
  };
}

/**
 * Where a reconnect request leads: to a tcUrl that is absolute, or relative to the present one (which also
 * stands in for a malformed one); the stream stays.
 */
export function reconnectUrl({ url, streamName }: Attempt, tcUrl: string | undefined): string {
  const scheme = url.secure ? 'rtmps' : 'rtmp';
  const host = url.host.includes(':') ? `[${url.host}]` : url.host;
  const present = `${scheme}://${host}:${url.port}/${url.app}`;
  const valid = tcUrl !== undefined && URL.canParse(tcUrl, `${present}/`);
  const target = valid ? new URL(tcUrl, `${present}/`).href : present;
  const [path = '', query = ''] = target.split('?', 2);
  const name = streamName ?? joinQuery(url.streamName, url.query);
  return joinQuery(`${path.replace(/\/$/, '')}/${name}`, query);
}

/** Appends a query to something that may have one. */
function joinQuery(base: string, query: string): string {
  const bare = query.replace(/^\?/, '');
  if (bare === '') return base;
  return base.includes('?') ? `${base}&${bare}` : `${base}?${bare}`;
}
