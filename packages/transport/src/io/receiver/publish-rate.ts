const MINUTE = 60_000;

/** Counts publishes so that one connection cannot begin streams, and recordings, without end: a bucket of a minute's worth. */
export class PublishRate {
  readonly #perMinute: number;
  #left: number;
  #at: number;

  /** @param now ms of a monotonic clock */
  constructor(perMinute: number, now: number) {
    this.#perMinute = perMinute;
    this.#left = perMinute;
    this.#at = now;
  }

  /** Whether one more publish is within the limit. */
  take(now: number): boolean {
    this.#left = Math.min(this.#perMinute, this.#left + ((now - this.#at) * this.#perMinute) / MINUTE);
    this.#at = now;
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}
