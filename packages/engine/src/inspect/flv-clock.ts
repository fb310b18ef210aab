/** The 32-bit milliseconds of FLV tags on a clock that goes on where they begin anew at 0. */
export class FlvClock {
  #now: number | undefined;

  /** @param timestamp 0 to 2^32 − 1; the result is within half of the range of the one before. */
  see(timestamp: number): number {
    const now = this.#now === undefined ? timestamp : this.#now + ((timestamp - this.#now) | 0);
    this.#now = now;
    return now;
  }
}
