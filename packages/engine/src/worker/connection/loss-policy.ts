import { RtmpError, RtmpErrorCode } from '@cloudpush/transport';
import { Backoff, type ReconnectPolicy } from '../../base/backoff.js';
import { CloudPushError, classOf } from '../../base/errors.js';
import type { ReconnectorOwner } from './reconnector-owner.js';

/** The consequence of a lost connection, or of an attempt that has failed. */
export type Consequence =
  /** The destination ends with this error. */
  | { readonly kind: 'end'; readonly error: Error }
  /** The next attempt follows after `delay` ms. */
  | { readonly kind: 'retry'; readonly delay: number }
  /** Nothing is to be published: the start of the next segment makes the next attempt. */
  | { readonly kind: 'rest' };

/** Decides whether a lost connection is made again, and when. */
export class LossPolicy {
  /** Undefined: a lost connection ends the destination. */
  readonly #backoff: Backoff | undefined;

  constructor(policy: ReconnectPolicy | undefined) {
    this.#backoff = policy === undefined ? undefined : new Backoff(policy);
  }

  /** Goes on after so many failed attempts in a row. */
  resume(attempts: number): void {
    this.#backoff?.resume(attempts);
  }

  /** Takes note of the end of a connection that had been publishing for `ms`. */
  published(ms: number): void {
    this.#backoff?.published(ms);
  }

  /**
   * Decides what follows a failure.
   * @param isMended its cause is gone: the connection is made again at once, whatever the policy says
   */
  decide(
    error: Error,
    isMended: boolean,
    { wantsConnection, segments }: Pick<ReconnectorOwner, 'wantsConnection' | 'segments'>,
  ): Consequence {
    if (!wantsConnection) return { kind: 'end', error };
    const delay = isMended ? 0 : this.#delayAfter(error);
    if (delay === undefined) return { kind: 'end', error: this.#lastWord(error) };
    return segments.isBetween ? { kind: 'rest' } : { kind: 'retry', delay };
  }

  /** Undefined: no attempt follows. */
  #delayAfter(error: Error): number | undefined {
    if (isRefusal(error)) return this.#backoff?.nextAfterRefusal();
    return this.#backoff?.next(classOf(error));
  }

  /** The last of several refusals in a row says that they were too many. */
  #lastWord(error: Error): Error {
    const refusals = this.#backoff?.refusals ?? 0;
    return refusals > 0 && isRefusal(error) ? refusedTooOften(error, refusals) : error;
  }
}

/**
 * The server refuses, and leaves it open whether it will the next time: without a word right after `publish`,
 * or as `…Failed`.
 */
function isRefusal(error: Error): boolean {
  if (!(error instanceof RtmpError)) return false;
  const { code, details, class: errorClass } = error;
  const isFailed = code === RtmpErrorCode.publishFailed || code === RtmpErrorCode.connectFailed;
  return errorClass === 'retryable' && (isFailed || details.silent === true);
}

/** The last of so many refusals in a row. */
function refusedTooOften(error: Error, retries: number): CloudPushError {
  const { code, class: errorClass, message, details, cause } = CloudPushError.wrap(error);
  const text = `${message} (given up after ${retries + 1} refusals in a row; see reconnect.maxRefusals)`;
  return new CloudPushError(code, text, { class: errorClass, details, cause });
}
