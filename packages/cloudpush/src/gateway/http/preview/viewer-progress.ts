/**
 * A viewer that has taken nothing of what waits for so long, in ms, does not look: its place is for another
 * one.
 */
const IDLE_TIMEOUT = 15_000;

/** Whether a viewer still takes what it is sent. */
export class ViewerProgress {
  #written = 0;
  #taken = 0;
  readonly #now: () => number;
  #takenAt: number;

  /** @param now ms of a monotonic clock */
  constructor(now = (): number => performance.now()) {
    this.#now = now;
    this.#takenAt = now();
  }

  /**
   * @param bytes that have been written now
   * @param waiting bytes that the system has not taken
   */
  isIdle(bytes: number, waiting: number): boolean {
    this.#written += bytes;
    const taken = this.#written - waiting;
    const now = this.#now();
    if (waiting === 0 || taken > this.#taken) this.#takenAt = now;
    this.#taken = Math.max(taken, this.#taken);
    return now - this.#takenAt > IDLE_TIMEOUT;
  }
}
