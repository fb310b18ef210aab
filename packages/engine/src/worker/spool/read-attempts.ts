/** Of a segment that cannot be read, so many attempts are made. */
const ATTEMPTS = 3;
/** ms between two of them. */
const RETRY = 2000;

/** Attempts to read a segment; times are in ms of the monotonic clock. */
export class ReadAttempts {
  #failures = 0;
  #notBefore = Number.NEGATIVE_INFINITY;

  /** It may be tried now. */
  isDue(now: number): boolean {
    return now >= this.#notBefore;
  }

  /** One has failed. Returns true when it was the last: others follow for what lies behind the segment. */
  fail(now: number): boolean {
    this.#notBefore = now + RETRY;
    const isLast = ++this.#failures >= ATTEMPTS;
    if (isLast) this.#failures = 0;
    return isLast;
  }

  succeed(): void {
    this.#failures = 0;
  }
}
