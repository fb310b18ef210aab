import { expect, test } from 'vitest';
import { Random } from '../fuzz/transport/random.js';
import { type Sample, trendOf } from './trend.js';

function series(count: number, value: (i: number) => number): Sample[] {
  return Array.from({ length: count }, (_, i) => ({ at: i * 2, value: value(i) }));
}

test('a straight line has its slope, exactly', () => {
  expect(trendOf(series(20, (i) => 5 + 3 * i))).toEqual({ slope: 1.5, low: 1.5, high: 1.5 });
  expect(trendOf(series(20, () => 7))).toEqual({ slope: 0, low: 0, high: 0 });
});

test('wild samples do not move it', () => {
  const { slope } = trendOf(series(40, (i) => (i % 8 === 0 ? 1e9 : 2 * i)));
  expect(slope).toBe(1);
});

test('noise around a level: the bounds have zero between them, nearly always', () => {
  const runs = Array.from({ length: 200 }, (_, seed) => {
    const random = new Random(seed + 1);
    const { low, high } = trendOf(series(40, () => random.below(1000)));
    return low <= 0 && high >= 0;
  });
  expect(runs.filter((isWithin) => isWithin).length).toBeGreaterThan(180);
});

test('growth below noise: the lower bound is above zero', () => {
  for (let seed = 1; seed < 50; seed++) {
    const random = new Random(seed);
    const { low, slope } = trendOf(series(60, (i) => 20 * i + random.below(200)));
    expect(low).toBeGreaterThan(5);
    expect(slope).toBeGreaterThan(low);
  }
});

test('nothing is known of two samples', () => {
  expect(trendOf(series(2, (i) => i))).toEqual({
    slope: 0,
    low: Number.NEGATIVE_INFINITY,
    high: Number.POSITIVE_INFINITY,
  });
});
