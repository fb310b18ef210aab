/**
 * A token bucket: lets so much a second through, and so much at once. What is spent may run into debt (a
 * large piece passes, and what follows waits for it); what is taken must fit.
 */
export class RateLimit {
  readonly #rate: number;
  readonly #burst: number;
  readonly #now: () => number;
  #left: number;
  #since: number;

  /**
   * @param rate a second
   * @param burst at once, after a rest
   * @param now milliseconds, from any origin, never going back
   */
  constructor(rate: number, burst: number, now: () => number) {
    this.#rate = rate;
    this.#burst = burst;
    this.#now = now;
    this.#left = burst;
    this.#since = now();
  }

  /** Time until something may pass again, in ms; 0: now. */
  get wait(): number {
    this.#fill();
    return this.#left > 0 ? 0 : Math.ceil(((1 - this.#left) * 1000) / this.#rate);
  }

  /** Notes what has passed. */
  spend(cost: number): void {
    this.#fill();
    this.#left -= cost;
  }

  /** Spends the cost if all of it is there; returns whether it was. */
  take(cost: number): boolean {
    this.#fill();
    if (this.#left < cost) return false;
    this.#left -= cost;
    return true;
  }

  #fill(): void {
    const now = this.#now();
    this.#left = Math.min(this.#burst, this.#left + ((now - this.#since) * this.#rate) / 1000);
    this.#since = now;
  }
}
