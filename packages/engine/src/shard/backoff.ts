import type { ErrorClass } from '../errors.js';

/** When and how often a lost connection is made again. */
export interface ReconnectPolicy {
  /** Attempts in a row before the channel gives up, 1 to 1,000,000. Default 1,000,000. */
  readonly maxAttempts: number;
  /** The first delay's upper bound, in ms; it doubles with each attempt. Default 500. */
  readonly initialDelay: number;
  /** The upper bound of every delay, in ms. Default 30,000. */
  readonly maxDelay: number;
  /** After publishing for so long, in ms, the next loss starts from the initial delay again. Default 60,000. */
  readonly resetAfter: number;
}

/** Beyond any delay that is permitted. */
const MAX_DOUBLINGS = 30;

/** Exponential back-off with full jitter: the delay before each attempt to reconnect. */
export class Backoff {
  readonly #policy: ReconnectPolicy;
  readonly #random: () => number;
  #attempts = 0;

  /** @param random 0 to 1, as `Math.random` */
  constructor(policy: ReconnectPolicy, random: () => number = Math.random) {
    this.#policy = policy;
    this.#random = random;
  }

  /**
   * What to do after a failure of this class.
   * @returns ms to wait before the next attempt, or undefined to give up.
   */
  next(errorClass: ErrorClass): number | undefined {
    const { maxAttempts, initialDelay, maxDelay } = this.#policy;
    if (errorClass === 'fatal' || errorClass === 'auth' || this.#attempts >= maxAttempts) return undefined;
    const ceiling = Math.min(maxDelay, initialDelay * 2 ** Math.min(this.#attempts, MAX_DOUBLINGS));
    this.#attempts++;
    // The server still holds the old session: an early attempt is refused again, and may renew the hold.
    if (errorClass === 'busy') return maxDelay / 2 + (this.#random() * maxDelay) / 2;
    return this.#random() * ceiling;
  }

  /** Goes on after so many failed attempts in a row. */
  resume(attempts: number): void {
    this.#attempts = attempts;
  }

  /** Call it when a connection is lost that had been publishing for `ms`. */
  published(ms: number): void {
    if (ms >= this.#policy.resetAfter) this.#attempts = 0;
  }
}
