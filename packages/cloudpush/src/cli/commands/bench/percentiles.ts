import { rounded } from '../../terminal/format.js';

/** The number of values up to a bound, and above the bound before. */
interface Bucket {
  /** ms; null for the last bucket, which has no bound. */
  readonly upTo: number | null;
  readonly count: number;
}

/** Durations of a kind, in ms, with percentiles by the nearest rank. */
export interface Distribution {
  readonly count: number;
  readonly min: number;
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
  /** From the first bucket to the last one that hold values; without a gap. */
  readonly histogram: readonly Bucket[];
}

/** Bounds of the buckets in ms: 0.1, 0.2, 0.5, 1, … 50,000. */
const BOUNDS = [0.1, 1, 10, 100, 1000, 10_000].flatMap((decade) => [decade, 2 * decade, 5 * decade]);

/** The distribution of durations in ms; undefined where there is none. */
export function distributionOf(values: readonly number[]): Distribution | undefined {
  if (values.length === 0) return undefined;
  const sorted = values.toSorted((a, b) => a - b);
  const sum = sorted.reduce((total, value) => total + value, 0);
  return {
    count: sorted.length,
    min: rounded(sorted[0]!),
    mean: rounded(sum / sorted.length),
    p50: rounded(percentile(sorted, 50)),
    p90: rounded(percentile(sorted, 90)),
    p99: rounded(percentile(sorted, 99)),
    max: rounded(sorted.at(-1)!),
    histogram: histogramOf(sorted),
  };
}

/**
 * A percentile by the nearest rank.
 * @param sorted at least one value, the smallest first
 * @param percent above 0, up to 100
 */
export function percentile(sorted: readonly number[], percent: number): number {
  return sorted[Math.ceil((sorted.length * percent) / 100) - 1]!;
}

function histogramOf(values: readonly number[]): Bucket[] {
  const counts = new Array<number>(BOUNDS.length + 1).fill(0);
  for (const value of values) {
    const bucket = BOUNDS.findIndex((bound) => value <= bound);
    counts[bucket === -1 ? BOUNDS.length : bucket]!++;
  }
  const first = counts.findIndex((count) => count > 0);
  const last = counts.findLastIndex((count) => count > 0);
  return counts.map((count, index) => ({ upTo: BOUNDS[index] ?? null, count })).slice(first, last + 1);
}
