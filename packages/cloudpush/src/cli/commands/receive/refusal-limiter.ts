/** Refusals that are told within this many ms, one by one; strangers must not fill a log. */
const WINDOW = 1000;
const MAX_IN_WINDOW = 10;

/** Decides which refusals are told: some a second, and how many were not. */
export class RefusalLimiter {
  /** All refusals so far. */
  total = 0;
  #windowStart = Number.NEGATIVE_INFINITY;
  #told = 0;
  #untold = 0;

  /**
   * @param now ms of a monotonic clock
   * @returns how many before this one were not told, when this one is to be; else undefined
   */
  take(now: number): number | undefined {
    this.total++;
    if (now - this.#windowStart >= WINDOW) {
      this.#windowStart = now;
      this.#told = 0;
    }
    if (this.#told >= MAX_IN_WINDOW) {
      this.#untold++;
      return undefined;
    }
    this.#told++;
    const untold = this.#untold;
    this.#untold = 0;
    return untold;
  }
}
