import type { ErrorClass } from './errors.js';

/** Policy by which a lost connection is made again. */
export interface ReconnectPolicy {
  /** Attempts in a row before the channel gives up, 1 to 1,000,000. Default 1,000,000. */
  readonly maxAttempts: number;
  /**
   * The first delay's upper bound, in ms. It at most doubles with each attempt, and no delay is longer than
   * all before it together, or than this: the connection is back within twice the time that the server was
   * away. Default 500.
   */
  readonly initialDelay: number;
  /** The upper bound of every delay, in ms. Default 30,000. */
  readonly maxDelay: number;
  /**
   * After publishing for so long, in ms, attempts are counted anew, and the next loss starts from the initial
   * delay again. What was published for less takes its time off the delays before it. Default 60,000.
   */
  readonly resetAfter: number;
  /**
   * Refusals in a row that are no final word, after which the channel tries again: the server closes the
   * connection right after `publish` without a word, or answers `…Failed`. 1 to 1,000,000. Default 10.
   */
  readonly maxRefusals?: number | undefined;
}

const MAX_REFUSALS = 10;
/** After publishing for so long, in ms, a connection was not refused. */
const NOT_REFUSED = 10_000;

/** Beyond any delay that is permitted. */
const MAX_DOUBLINGS = 30;

/** Bounds of a series of delays, in ms. */
export interface DelayBounds {
  readonly initialDelay: number;
  readonly maxDelay: number;
}

/** The upper bound of a delay: it doubles with each failure after the first. */
function ceilingOf({ initialDelay, maxDelay }: DelayBounds, failures: number): number {
  return Math.min(maxDelay, initialDelay * 2 ** Math.min(failures - 1, MAX_DOUBLINGS));
}

/**
 * Exponential back-off with full jitter, in ms, for requests: one more or less costs nobody a picture, so
 * that how long the trouble has lasted does not count.
 * @param failures in a row, from 1
 * @param random 0 to 1, as `Math.random`
 */
export function requestDelay(failures: number, bounds: DelayBounds, random: () => number): number {
  return random() * ceilingOf(bounds, failures);
}

/**
 * Exponential back-off with full jitter: the delay before each attempt to reconnect. It begins quickly, and
 * is bounded by how long the trouble has lasted: a short outage costs a short time, also after unlucky draws
 * or an old failure, and a long one is asked after seldom.
 */
export class Backoff {
  readonly #policy: ReconnectPolicy;
  readonly #random: () => number;
  #attempts = 0;
  #refusals = 0;
  /** Time that has been waited, in ms, less the time that has been published since. */
  #waited = 0;

  /** @param random 0 to 1, as `Math.random` */
  constructor(policy: ReconnectPolicy, random: () => number = Math.random) {
    this.#policy = policy;
    this.#random = random;
  }

  /**
   * Decides what follows a failure of this class.
   * @returns ms to wait before the next attempt, or undefined to give up.
   */
  next(errorClass: ErrorClass): number | undefined {
    this.#refusals = 0;
    const { maxAttempts, initialDelay } = this.#policy;
    if (errorClass === 'fatal' || errorClass === 'auth' || this.#attempts >= maxAttempts) return undefined;
    this.#attempts++;
    const ceiling = Math.min(ceilingOf(this.#policy, this.#attempts), Math.max(initialDelay, this.#waited));
    // The server still holds the old session, for a moment or up to its idle time-out: attempts in close
    // order are of no use.
    const floor = errorClass === 'busy' ? ceiling / 2 : 0;
    const delay = floor + this.#random() * (ceiling - floor);
    this.#waited += delay;
    return delay;
  }

  /**
   * Decides what follows a refusal that may pass: an attempt is repeated a limited number of times.
   * @returns ms to wait before the next attempt, at least half of the upper bound; or undefined to give up.
   */
  nextAfterRefusal(): number | undefined {
    const { maxRefusals = MAX_REFUSALS, maxAttempts } = this.#policy;
    if (this.#refusals >= maxRefusals || this.#attempts >= maxAttempts) return undefined;
    this.#refusals++;
    this.#attempts++;
    const ceiling = ceilingOf(this.#policy, this.#refusals);
    const delay = ceiling / 2 + (this.#random() * ceiling) / 2;
    this.#waited += delay;
    return delay;
  }

  /** Refusals in a row so far. */
  get refusals(): number {
    return this.#refusals;
  }

  /** Goes on after so many failed attempts in a row. */
  resume(attempts: number): void {
    const { initialDelay, maxDelay } = this.#policy;
    this.#attempts = attempts;
    // Their average, when each waits for half of its bound.
    this.#waited = Math.min(maxDelay, (initialDelay * (2 ** Math.min(attempts, MAX_DOUBLINGS) - 1)) / 2);
  }

  /** Call it when a connection is lost that had been publishing for `ms`. */
  published(ms: number): void {
    this.#waited = Math.max(0, this.#waited - ms);
    if (ms >= NOT_REFUSED) this.#refusals = 0;
    if (ms < this.#policy.resetAfter) return;
    this.#attempts = 0;
    this.#waited = 0;
  }
}
