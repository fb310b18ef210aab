import { expect, test } from 'vitest';
import { fallingRate } from './bit-rate.js';

test('a rate that has just been measured stands', () => {
  expect(fallingRate(1000, 0)).toBe(1000);
  expect(fallingRate(1000, 250)).toBe(1000);
});

test('a rate falls while nothing is measured, because nothing is sent', () => {
  expect(fallingRate(1000, 2000)).toBeCloseTo(1000 / Math.E);
  expect(fallingRate(1000, 60_000)).toBeLessThan(1);
});
