/** A figure at a time, in s. */
export interface Sample {
  readonly at: number;
  readonly value: number;
}

/** Growth of a figure, a second, and the bounds within which it is known with 95 % confidence. */
export interface Trend {
  readonly slope: number;
  readonly low: number;
  readonly high: number;
}

/** Of the normal distribution, for 95 % in the middle. */
const QUANTILE = 1.96;

/**
 * The median of the slopes between any two samples (Theil, 1950), with the bounds of Sen (1968): one sample
 * in four may be wild. With fewer than three samples nothing is known.
 */
export function trendOf(samples: readonly Sample[]): Trend {
  const slopes: number[] = [];
  for (const [i, one] of samples.entries())
    for (const other of samples.slice(i + 1))
      if (other.at !== one.at) slopes.push((other.value - one.value) / (other.at - one.at));
  const count = samples.length;
  if (count < 3 || slopes.length === 0)
    return { slope: 0, low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
  slopes.sort((a, b) => a - b);
  const spread = QUANTILE * Math.sqrt((count * (count - 1) * (2 * count + 5)) / 18);
  return {
    slope: median(slopes),
    low: slopes[Math.floor((slopes.length - spread) / 2) - 1] ?? Number.NEGATIVE_INFINITY,
    high: slopes[Math.ceil((slopes.length + spread) / 2)] ?? Number.POSITIVE_INFINITY,
  };
}

function median(sorted: readonly number[]): number {
  const middle = (sorted.length - 1) / 2;
  return (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2;
}
