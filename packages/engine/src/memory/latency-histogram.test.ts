import { describe, expect, test } from 'vitest';
import { HISTOGRAM_BYTES, LatencyHistogram, newCounts, summarize } from './latency-histogram.js';

function histogramOf(values: readonly number[]) {
  const histogram = new LatencyHistogram(new SharedArrayBuffer(HISTOGRAM_BYTES), 0);
  for (const value of values) histogram.record(value);
  const counts = newCounts();
  histogram.addTo(counts);
  return summarize(counts);
}

describe('LatencyHistogram', () => {
  test('is all zero before the first value', () => {
    expect(histogramOf([])).toEqual({ count: 0, p50: 0, p99: 0, p999: 0, max: 0 });
  });

  test('tells percentiles within 10 %', () => {
    const values = Array.from({ length: 10_000 }, (_, i) => (i + 1) / 100);
    const { count, p50, p99, p999, max } = histogramOf(values);
    expect(count).toBe(10_000);
    for (const [actual, exact] of [
      [p50, 50],
      [p99, 99],
      [p999, 99.9],
      [max, 100],
    ] as const) {
      expect(actual).toBeGreaterThanOrEqual(exact * 0.999);
      expect(actual).toBeLessThanOrEqual(exact * 1.1);
    }
  });

  test('takes any duration, from none to hours', () => {
    const { count, max } = histogramOf([0, -1, 1e-9, 1e12]);
    expect(count).toBe(4);
    expect(max).toBeGreaterThan(3_600_000);
  });
});
