import { expect, test } from 'vitest';
import { PublishRate } from './publish-rate.js';

test('a minute may have as many publishes as permitted, in one go or spread', () => {
  const burst = new PublishRate(60, 0);
  expect(Array.from({ length: 61 }, () => burst.take(0)).filter(Boolean)).toHaveLength(60);
  expect([burst.take(500), burst.take(1000), burst.take(1001)]).toEqual([false, true, false]);
  const spread = new PublishRate(60, 0);
  expect(Array.from({ length: 600 }, (_, second) => spread.take(second * 1000)).every(Boolean)).toBe(true);
});
