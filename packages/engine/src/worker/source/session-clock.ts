/** A session begins at least so long behind the last packet of the one before, in ms. */
const LEAST_STEP = 1;

/**
 * Puts the times of sessions, each with a clock of its own, on the monotonic clock, on which every session of
 * every source of a channel goes on, in whichever thread it runs.
 */
export class SessionClock {
  /** Added to the session's times, in ms; NaN before its first packet. */
  #shift = Number.NaN;
  /** The latest time of a packet, on the monotonic clock. */
  #latest = Number.NEGATIVE_INFINITY;

  /** A session begins: its times are its own. */
  restart(): void {
    this.#shift = Number.NaN;
  }

  /**
   * Ms to add to the times of a packet that has come at `now`, in ms of the monotonic clock.
   * @param dts NaN: as `pts`
   */
  shiftOf(now: number, dts: number, pts: number): number {
    if (Number.isNaN(this.#shift)) {
      this.#shift = Math.max(now, this.#latest + LEAST_STEP) - (Number.isNaN(dts) ? pts : dts);
    }
    this.#latest = Math.max(this.#latest, pts + this.#shift);
    return this.#shift;
  }
}
