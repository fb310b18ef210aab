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
  /**
   * Refusals in a row that are no final word, after which the channel tries again: the server closes the connection right
   * after `publish` without a word, or answers `…Failed`. 1 to 1,000,000. Default 10.
   */
  readonly maxRefusals?: number | undefined;
}

const MAX_REFUSALS = 10;
/** Who has published for so long, in ms, was not refused. */
const NOT_REFUSED = 10_000;

/** Beyond any delay that is permitted. */
const MAX_DOUBLINGS = 30;

/** Exponential back-off with full jitter: the delay before each attempt to reconnect. */
export class Backoff {
  readonly #policy: ReconnectPolicy;
  readonly #random: () => number;
  #attempts = 0;
  #refusals = 0;

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
    this.#refusals = 0;
    const { maxAttempts, initialDelay, maxDelay } = this.#policy;
    if (errorClass === 'fatal' || errorClass === 'auth' || this.#attempts >= maxAttempts) return undefined;
    const ceiling = Math.min(maxDelay, initialDelay * 2 ** Math.min(this.#attempts, MAX_DOUBLINGS));
    this.#attempts++;
    // The server still holds the old session: an early attempt is refused again, and may renew the hold.
    if (errorClass === 'busy') return maxDelay / 2 + (this.#random() * maxDelay) / 2;
    return this.#random() * ceiling;
  }

  /**
   * What to do after a refusal that is no final word: it may pass, but who repeats it for ever has not understood it.
   * @returns ms to wait before the next attempt, at least half of the upper bound; or undefined to give up.
   */
  nextAfterRefusal(): number | undefined {
    const { maxRefusals = MAX_REFUSALS, initialDelay, maxDelay, maxAttempts } = this.#policy;
    if (this.#refusals >= maxRefusals || this.#attempts >= maxAttempts) return undefined;
    this.#refusals++;
    this.#attempts++;
    const ceiling = Math.min(maxDelay, initialDelay * 2 ** Math.min(this.#refusals - 1, MAX_DOUBLINGS));
    return ceiling / 2 + (this.#random() * ceiling) / 2;
  }

  /** Refusals in a row so far. */
  get refusals(): number {
    return this.#refusals;
  }

  /** Goes on after so many failed attempts in a row. */
  resume(attempts: number): void {
    this.#attempts = attempts;
  }

  /** Call it when a connection is lost that had been publishing for `ms`. */
  published(ms: number): void {
    if (ms >= this.#policy.resetAfter) this.#attempts = 0;
    if (ms >= NOT_REFUSED) this.#refusals = 0;
  }
}
