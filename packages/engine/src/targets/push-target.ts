import { parseRtmpUrl } from '@cloudpush/transport';
import { typeOf } from '../base/validation.js';
import type { TargetRequest } from './target-request.js';
import { invalidReply } from './token-errors.js';

/** Place that a stream goes to. */
export interface PushTarget {
  /**
   * `rtmp[s]://host[:port]/app/name`. `$appname`, `$streamname` and `$time` may stand in it: see
   * `url-template.ts`.
   */
  readonly url: string;
  /** The token that the server is shown. */
  readonly token?: string | undefined;
  /** Time at which the token expires, in ms since 1970 (`Date.now`). Left out: never. */
  readonly expiresAt?: number | undefined;
}

/**
 * Reason why a target is wanted: for the first connection, for another one, ahead of the old target's expiry,
 * or because the server has refused the old one.
 */
export type TargetReason = 'connect' | 'reconnect' | 'refresh' | 'rejected';

/** The arguments of a token provider beside its request. */
export interface TokenProviderContext {
  /** Fires when nobody waits for the target any more. */
  readonly signal: AbortSignal;
  readonly reason: TargetReason;
}

/**
 * Finds the target for a request, in place of the whole exchange with a token server. It is asked for
 * requests of every kind, also for a plain URL. A `CloudPushError` that it rejects with passes as it is, so
 * that its class can say what may be done; anything else becomes `ERR_CLOUDPUSH_TOKEN_PROVIDER_FAILED`, class
 * `retryable`.
 */
export type TokenProvider = (request: TargetRequest, context: TokenProviderContext) => Promise<PushTarget>;

/**
 * Checks the reply of a server or a provider: a target, with nothing else in it.
 * @throws CloudPushError `ERR_CLOUDPUSH_TOKEN_REPLY_INVALID`; it shows no value.
 */
export function checkedTarget(given: unknown): PushTarget {
  if (typeof given !== 'object' || given === null) throw invalidReply('target', typeOf(given), 'an object');
  const { url, token, expiresAt } = given as Readonly<Record<string, unknown>>;
  if (typeof url !== 'string') throw invalidReply('url', typeOf(url), 'a text');
  if (token !== undefined && typeof token !== 'string') throw invalidReply('token', typeOf(token), 'a text');
  if (expiresAt !== undefined && !(typeof expiresAt === 'number' && Number.isFinite(expiresAt))) {
    throw invalidReply('expiresAt', typeOf(expiresAt), 'a finite number');
  }
  try {
    parseRtmpUrl(url);
  } catch (cause) {
    throw invalidReply('url', 'no push URL', 'rtmp[s]://host[:port]/app/name', cause);
  }
  return { url, token, expiresAt };
}
