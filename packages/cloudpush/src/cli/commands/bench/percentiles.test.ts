import { expect, test } from 'vitest';
import { distributionOf, percentile } from './percentiles.js';

const hundred = Array.from({ length: 100 }, (_, index) => index + 1);

test.each([
  [50, 50],
  [90, 90],
  [99, 99],
  [99.1, 100],
  [100, 100],
])('the percentile %d of 1 to 100 is %d', (percent, value) => {
  expect(percentile(hundred, percent)).toBe(value);
});

test('a percentile is one of the values, also of few', () => {
  expect(percentile([7], 1)).toBe(7);
  expect(percentile([7], 99)).toBe(7);
  expect(percentile([1, 9], 50)).toBe(1);
  expect(percentile([1, 9], 51)).toBe(9);
});

test('a distribution does not depend on the order of the values', () => {
  expect(distributionOf([30, 10, 2, 18])).toEqual({
    ...{ count: 4, min: 2, mean: 15, p50: 10, p90: 30, p99: 30, max: 30 },
    histogram: [
      { upTo: 2, count: 1 },
      { upTo: 5, count: 0 },
      { upTo: 10, count: 1 },
      { upTo: 20, count: 1 },
      { upTo: 50, count: 1 },
    ],
  });
});

test('the smallest and the largest values have buckets, too', () => {
  expect(distributionOf([0, 0.1, 60_000])!.histogram).toMatchObject({
    0: { upTo: 0.1, count: 2 },
    18: { upTo: null, count: 1 },
    length: 19,
  });
});

test('no values have no distribution', () => {
  expect(distributionOf([])).toBeUndefined();
});
