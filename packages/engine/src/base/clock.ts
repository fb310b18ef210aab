/**
 * Milliseconds of the system's monotonic clock, with fractions. Unlike `performance.now()`, whose zero is the
 * start of the thread, it reads the same in every thread of the process.
 */
export function monotonicNow(): number {
  return performance.now() + OFFSET;
}

const OFFSET = Number(process.hrtime.bigint()) / 1e6 - performance.now();

/** Time for whatever waits or measures: the system's, or that of a test, which lets it pass. */
export interface MonotonicClock {
  /** ms from any origin, never going back. */
  now(): number;
  /**
   * Calls `callback` once, `ms` from now.
   * @returns cancels the call; harmless afterwards
   */
  after(ms: number, callback: () => void): () => void;
}

/** The clock of an engine: it also tells what time it is. */
export interface EngineClock extends MonotonicClock {
  /** ms since 1970, as `Date.now()`; it may step in either direction. */
  wallTime(): number;
}

/** What the system's clock said at a time of the monotonic one, in whole ms since 1970. */
export function wallTimeAt(clock: Pick<EngineClock, 'now' | 'wallTime'>, at: number): number {
  return Math.round(clock.wallTime() - (clock.now() - at));
}

export const monotonicClock: MonotonicClock = {
  now: monotonicNow,
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};

export const engineClock: EngineClock = { ...monotonicClock, wallTime: () => Date.now() };
