/**
 * Milliseconds of the system's monotonic clock, with fractions. Unlike `performance.now()`, whose zero is the start of
 * the thread, it reads the same in every thread of the process.
 */
export function monotonicNow(): number {
  return performance.now() + OFFSET;
}

const OFFSET = Number(process.hrtime.bigint()) / 1e6 - performance.now();
