import type { AmfObject, AmfValue } from '../../amf/value.js';
import { RtmpError, RtmpErrorCode } from '../../errors.js';
import { MAX_TARGET_LENGTH } from '../../limits.js';
import { isRtmpUrl, parseRtmpUrl, publishedName, type RtmpUrl } from '../../url.js';
import type { Credentials } from '../common/auth.js';
import { answerChallenge } from './auth-challenge.js';
import { challengeOf } from './status.js';

/** Settings that stay the same over all attempts of one `connect`. */
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
  /** Still at the host that the caller named: what the caller gave to prove who he is goes nowhere else. */
  readonly trusted: boolean;
}

/** Adobe's and Limelight's schemes take two rejections; a third means that the answer was wrong. */
const MAX_AUTH_ROUNDS = 2;

export function firstAttempt(url: RtmpUrl, streamName: string | undefined, options: AttemptOptions): Attempt {
  const handshake = options.handshake === 'digest' ? 'digest' : 'simple';
  return { url, handshake, authQuery: '', authRounds: 0, redirects: 0, streamName, trusted: true };
}

/** The next attempt after one has failed; an error when that was the last word. */
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
  const credentials = attempt.trusted ? options.credentials : userInfoOf(attempt.url);
  if (credentials === undefined || attempt.authRounds === MAX_AUTH_ROUNDS) return error;
  const answer = answerChallenge(challengeOf(error), credentials, attempt.url.app, nonce);
  if (answer === undefined) return error;
  return { ...attempt, authQuery: answer, authRounds: attempt.authRounds + 1 };
}

function followRedirect(attempt: Attempt, error: RtmpError, options: AttemptOptions): Attempt | RtmpError {
  if (attempt.redirects >= options.maxRedirects) {
    return new RtmpError(
      RtmpErrorCode.redirectLimit,
      'connect',
      `the server redirects too often: ${attempt.redirects + 1} times, permitted: ${options.maxRedirects}`,
      { details: { actual: attempt.redirects + 1, permitted: options.maxRedirects }, cause: error },
    );
  }
  let target: RtmpUrl;
  try {
    target = parseTarget(error.details.redirect ?? '', options.app);
  } catch (cause) {
    return new RtmpError(RtmpErrorCode.connectFailed, 'connect', 'the server redirects to an invalid URL', {
      cause,
    });
  }
  if (attempt.url.secure && !target.secure) return unprotected();
  return redirected(attempt, target);
}

/** The app that the caller named is more than the first path segment there, too, when it stands there. */
function parseTarget(redirect: string, app: string | undefined): RtmpUrl {
  if (redirect.length > MAX_TARGET_LENGTH) throw targetTooLong(redirect.length);
  const target = parseRtmpUrl(redirect);
  const wanted = app?.replace(/^\/+|\/+$/g, '');
  const path = `${target.app}/${target.streamName}/`;
  return wanted !== undefined && path.startsWith(`${wanted}/`)
    ? parseRtmpUrl(redirect, { app: wanted })
    : target;
}

/**
 * A redirect may name the app only: the stream name then stays ours. At another host it stays without its
 * query, which usually holds a token; a server that wants one there puts it into the redirect, as SRS does.
 * Authentication begins anew.
 */
function redirected(attempt: Attempt, target: RtmpUrl): Attempt {
  const from = attempt.url;
  const sameHost = target.host === from.host;
  const isOurs = publishedName(target) === '';
  // With nothing but an app, the query behind it is the stream's.
  const query = isOurs ? (target.appQuery ?? '') : target.query;
  const ownAppQuery = sameHost ? from.appQuery : undefined;
  const streamName = isOurs ? attempt.streamName : undefined;
  return {
    ...attempt,
    url: {
      ...target,
      appQuery: isOurs ? ownAppQuery : (target.appQuery ?? ownAppQuery),
      streamName: isOurs ? from.streamName : target.streamName,
      query: query !== '' || !sameHost ? query : from.query,
      user: target.user ?? (sameHost ? from.user : undefined),
      password: target.user === undefined && sameHost ? from.password : target.password,
    },
    streamName: sameHost ? streamName : streamName?.split('?', 1)[0],
    trusted: attempt.trusted && sameHost,
    redirects: attempt.redirects + 1,
    authQuery: '',
    authRounds: 0,
  };
}

function targetTooLong(actual: number): RtmpError {
  const permitted = MAX_TARGET_LENGTH;
  const text = `the URL has ${actual} characters, permitted: ${permitted}`;
  return new RtmpError(RtmpErrorCode.invalidUrl, 'url', text, { details: { actual, permitted } });
}

function userInfoOf({ user, password }: RtmpUrl): Credentials | undefined {
  return user === undefined ? undefined : { user, password: password ?? '' };
}

function unprotected(): RtmpError {
  const text =
    'the server redirects from rtmps to rtmp, which would send the stream and its token in the clear';
  const details = { actual: 'rtmp', permitted: 'rtmps' };
  return new RtmpError(RtmpErrorCode.redirect, 'connect', text, { class: 'fatal', details });
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

/**
 * The fields of an attempt's `connect` and `publish`. tcUrl never carries user info; token and arguments of
 * `connect` go to the host that the caller named, and to no other.
 */
export function connectFields(attempt: Attempt, wishes: ConnectWishes): ConnectFields {
  const { url, authQuery } = attempt;
  const { token: secret, connectArguments } = attempt.trusted
    ? wishes
    : { token: undefined, connectArguments: [] };
  const token = secret === undefined ? '' : `token=${encodeURIComponent(secret)}`;
  const inTcUrl = wishes.tokenPlacement === 'tc-url-query' ? token : '';
  const suffix = joinQuery(joinQuery(joinQuery('', url.appQuery ?? ''), authQuery), inTcUrl);
  const name = attempt.streamName ?? publishedName(url);
  const extra = wishes.tokenPlacement === 'connect-argument' && secret !== undefined ? [secret] : [];
  return {
    connectObject: {
      app: joinQuery(url.app, suffix),
      type: 'nonprivate',
      flashVer: 'FMLE/3.0 (compatible; cloudpush)',
      tcUrl: joinQuery(url.tcUrl, suffix),
      ...wishes.announcement,
      ...wishes.connectObject,
    },
    connectArguments: [...connectArguments, ...extra],
    streamName: withToken(name, attempt, wishes),
  };
}

/**
 * A stream name as this attempt's server is to be told it: with the token in its query, where that is its
 * place.
 */
export function withToken(
  name: string,
  { trusted }: Attempt,
  { token, tokenPlacement }: Pick<ConnectWishes, 'token' | 'tokenPlacement'>,
): string {
  if (token === undefined || tokenPlacement !== 'stream-query' || !trusted) return name;
  return joinQuery(name, `token=${encodeURIComponent(token)}`);
}

/**
 * Returns the target of a reconnect request: a tcUrl that is absolute, or relative to the present one, which
 * also stands in for one that is malformed, longer than a URL has reason to be, or leads from rtmps to rtmp.
 * The stream stays, with its query: the server that asks has it already.
 */
export function reconnectUrl({ url, streamName }: Attempt, tcUrl: string | undefined): string {
  const name = streamName ?? publishedName(url);
  const target = tcUrl === undefined ? undefined : reconnectTarget(tcUrl, url);
  if (target === undefined) return `${addressOf(url)}/${joinQuery(url.app, url.appQuery ?? '')}/${name}`;
  const question = target.indexOf('?');
  const path = question < 0 ? target : target.slice(0, question);
  return joinQuery(`${path.replace(/\/+$/, '')}/${name}`, question < 0 ? '' : target.slice(question));
}

/** Returns the target of a tcUrl, seen from the present one; undefined for none, or from rtmps to rtmp. */
function reconnectTarget(tcUrl: string, url: RtmpUrl): string | undefined {
  const target = absolute(tcUrl, url);
  if (target.length > MAX_TARGET_LENGTH || !isRtmpUrl(target)) return undefined;
  return parseRtmpUrl(target).secure || !url.secure ? target : undefined;
}

/** RFC 3986 §4.2, as far as Enhanced RTMP makes use of it. */
function absolute(tcUrl: string, url: RtmpUrl): string {
  if (/^[a-z][a-z\d+.-]*:/i.test(tcUrl)) return tcUrl;
  if (tcUrl.startsWith('//')) return `${url.secure ? 'rtmps' : 'rtmp'}:${tcUrl}`;
  if (tcUrl.startsWith('/')) return addressOf(url) + tcUrl;
  return `${addressOf(url)}/${url.app}${tcUrl.startsWith('?') ? '' : '/'}${tcUrl}`;
}

function addressOf({ secure, host, port }: RtmpUrl): string {
  return `${secure ? 'rtmps' : 'rtmp'}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Appends a query to something that may have one. */
function joinQuery(base: string, query: string): string {
  const bare = query.replace(/^\?/, '');
  if (bare === '') return base;
  return base.includes('?') ? `${base}&${bare}` : `${base}?${bare}`;
}
