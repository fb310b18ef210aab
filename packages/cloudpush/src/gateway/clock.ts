/** Time, so that tests have their own. */
export interface GatewayClock {
  /** ms since 1970. */
  now(): number;
  /** Calls `callback` after so many ms, unless it is cancelled before. @returns cancels */
  after(ms: number, callback: () => void): () => void;
}

/** The clock of the system. Its timers do not keep the process alive. */
export const systemClock: GatewayClock = {
  now: () => Date.now(),
  after(ms, callback) {
    // Node's timers hold 31 bits.
    const timer = setTimeout(callback, Math.min(ms, 2 ** 31 - 1));
    timer.unref();
    return () => clearTimeout(timer);
  },
};
