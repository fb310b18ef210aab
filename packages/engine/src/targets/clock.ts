/** Wall-clock time and timers, so that tests can let time pass. */
export interface Clock {
  /** ms since 1970. */
  now(): number;
  /**
   * Calls `callback` once, `delay` ms from now, or earlier when that is further off than a timer can count.
   * @param holdsProcess false: the process may end without waiting for it.
   * @returns what cancels it.
   */
  after(delay: number, callback: () => void, holdsProcess: boolean): () => void;
}

/** The longest that a timer of Node.js can count, in ms: 24.8 days. */
const MAX_DELAY = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  after(delay, callback, holdsProcess) {
    const timer = setTimeout(callback, Math.min(delay, MAX_DELAY));
    if (!holdsProcess) timer.unref();
    return () => clearTimeout(timer);
  },
};
