/** The same problem is reported at most once in this time, in ms; what comes in between is counted. */
export const REPEAT_INTERVAL = 1000;

/** Keeps a packet that is wrong 25 times a second from being 25 events a second. */
export class ProblemLimiter {
  readonly #seen = new Map<string, { reportedAt: number; repeats: number }>();

  /**
   * @param code what tells it from others: its error code, for one.
   * @param now ms of any steady clock.
   * @returns how many like it were kept back since the last report, or undefined when this one is to be kept
   *   back too.
   */
  admit(code: string, now: number): number | undefined {
    const entry = this.#seen.get(code);
    if (entry === undefined) {
      this.#seen.set(code, { reportedAt: now, repeats: 0 });
      return 0;
    }
    if (now - entry.reportedAt < REPEAT_INTERVAL) {
      entry.repeats++;
      return undefined;
    }
    const { repeats } = entry;
    entry.reportedAt = now;
    entry.repeats = 0;
    return repeats;
  }
}
