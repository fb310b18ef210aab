/**
 * A histogram of durations in shared memory: written by one thread, read by any. Eight buckets a power of
 * two, from 1 µs to over an hour, so that a percentile is off by at most 9 %.
 */

const BUCKETS_PER_OCTAVE = 8;
const OCTAVES = 32;
const BUCKETS = BUCKETS_PER_OCTAVE * OCTAVES;

/** Bytes of shared memory that a histogram takes. */
export const HISTOGRAM_BYTES = BUCKETS * 4;

/** Percentiles of a histogram, in ms. All are 0 before the first value. */
export interface LatencySummary {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

export class LatencyHistogram {
  readonly #counts: Uint32Array;

  constructor(memory: SharedArrayBuffer, byteOffset: number) {
    this.#counts = new Uint32Array(memory, byteOffset, BUCKETS);
  }

  /** Counts one duration, in ms. */
  record(ms: number): void {
    this.#counts[bucketOf(ms * 1000)]!++;
  }

  /**
   * Forgets what was counted. A value that another thread counts at the same time may be lost, or survive.
   */
  reset(): void {
    this.#counts.fill(0);
  }

  /** Adds this histogram's counts to `sum`, which has one element a bucket (see {@link newCounts}). */
  addTo(sum: Float64Array): void {
    for (let i = 0; i < BUCKETS; i++) sum[i]! += this.#counts[i]!;
  }
}

/** Zero counts, to add histograms up in. */
export function newCounts(): Float64Array {
  return new Float64Array(BUCKETS);
}

/** Percentiles of added-up counts. */
export function summarize(counts: Float64Array): LatencySummary {
  let count = 0;
  for (const n of counts) count += n;
  return {
    count,
    p50: percentile(counts, count * 0.5),
    p99: percentile(counts, count * 0.99),
    p999: percentile(counts, count * 0.999),
    max: percentile(counts, count),
  };
}

function percentile(counts: Float64Array, rank: number): number {
  if (rank === 0) return 0;
  let seen = 0;
  for (let i = 0; i < BUCKETS; i++) {
    seen += counts[i]!;
    if (seen >= rank) return upperBound(i) / 1000;
  }
  return 0;
}

/** The bucket of a duration in µs. */
function bucketOf(us: number): number {
  if (us < 1) return 0;
  return Math.min(BUCKETS - 1, Math.floor(Math.log2(us) * BUCKETS_PER_OCTAVE));
}

/** The upper bound of a bucket, in µs. */
function upperBound(bucket: number): number {
  return 2 ** ((bucket + 1) / BUCKETS_PER_OCTAVE);
}
