/** After this long, in ms, a rate that was smoothed over it has fallen to a third. */
const TIME_CONSTANT = 2000;
/** Shorter than this, in ms, the counters are as good as new. */
const FRESH = 250;

/**
 * A smoothed rate that nobody has brought up to date for a while, because nothing was sent: it falls as if it
 * had been.
 * @param age ms since it was measured
 */
export function fallingRate(rate: number, age: number): number {
  return age <= FRESH ? rate : rate * Math.exp(-age / TIME_CONSTANT);
}
