/**
 * A throughput that differs by more from the one of the attempt that failed is another link's: what failed
 * may do now.
 */
const OTHER_LINK = 0.25;

/**
 * When more is tried than a connection is known to carry, and how much more. All rates are in bytes a second.
 */
export interface RateRaises {
  /**
   * Time without a backlog, in ms, before the next attempt.
   * @param advised the rate that is advised now
   */
  waitAt(advised: number): number;
  /** The factor of the next attempt. */
  stepAt(advised: number): number;
  /** More is being tried. */
  onRaised(advised: number): void;
  /**
   * @param throughput what was carried when less had to be advised; `wasTried`: because more had been tried
   */
  onCongested(throughput: number, wasTried: boolean): void;
}

/** The wait doubles with each attempt that fails. */
const WAIT = 2000;
const MOST_WAIT = 60_000;
const STEP = 1.15;
const MOST_STEP = 1.3;
/** Near a rate that has failed before. */
const CAREFUL_WAIT = 4000;
const CAREFUL_STEP = 1.12;

/**
 * Small and rare attempts, for servers whose acknowledgements tell nothing: that more does not fit shows only
 * when the kernel's buffer is full, megabytes later.
 */
export class UntoldRaises implements RateRaises {
  #wait = WAIT;
  #step = STEP;
  #hasRaised = false;
  #failedAt = 0;

  waitAt(advised: number): number {
    return this.#isNearFailure(advised) ? Math.max(this.#wait, CAREFUL_WAIT) : this.#wait;
  }

  stepAt(advised: number): number {
    return this.#isNearFailure(advised) ? CAREFUL_STEP : this.#step;
  }

  onRaised(): void {
    if (this.#hasRaised) this.#step = Math.min(MOST_STEP, this.#step * STEP);
    this.#hasRaised = true;
  }

  onCongested(throughput: number, wasTried: boolean): void {
    if (wasTried) {
      // Soon again, and as much, only if the link has changed since that was tried last.
      const isSameLink = Math.abs(throughput - this.#failedAt) < OTHER_LINK * this.#failedAt;
      this.#wait = Math.min(MOST_WAIT, 2 * (isSameLink ? this.#wait : WAIT));
      this.#step = STEP;
    }
    this.#failedAt = throughput;
    this.#hasRaised = false;
  }

  #isNearFailure(advised: number): boolean {
    return Math.abs(advised - this.#failedAt) < OTHER_LINK * this.#failedAt;
  }
}

/**
 * Before the first attempt, in ms: what waited has gone, and the next attempt must not come as soon as the
 * last one failed.
 */
const TOLD_WAIT = 3500;
/** How long an attempt must hold, in ms, before the next one. */
const HELD = 1000;
/**
 * Near the rate that failed: a link that lends for a moment (a token bucket's depth) must have taken its loan
 * back.
 */
const HELD_NEAR_FAILURE = 2500;
/** Up to this many times the rate that failed. */
const NEAR_FAILURE = 1.3;
/**
 * The first attempt stays within a fifth of what the link is known to carry; those that follow it dare more.
 * The third does not leap over a link that is four times as fast.
 */
const STEPS = [1.35, 1.8, 1.7, 2] as const;

/**
 * Attempts that grow as long as each holds, for servers whose acknowledgements tell within a second or two
 * what gets through: a link that has become four times as fast is used within ten seconds.
 */
export class ToldRaises implements RateRaises {
  /** Attempts that have followed one another. */
  #attempts = 0;
  #failedAt = 0;

  waitAt(advised: number): number {
    if (this.#attempts === 0) return TOLD_WAIT;
    return advised < NEAR_FAILURE * this.#failedAt ? HELD_NEAR_FAILURE : HELD;
  }

  stepAt(): number {
    return STEPS[Math.min(this.#attempts, STEPS.length - 1)]!;
  }

  onRaised(): void {
    this.#attempts++;
  }

  onCongested(throughput: number): void {
    this.#attempts = 0;
    this.#failedAt = throughput;
  }
}
