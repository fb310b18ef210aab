import { expect, test } from 'vitest';
import { RefusalLimiter } from './refusal-limiter.js';

test('ten refusals a second are told one by one, and the next one says how many were not', () => {
  const limiter = new RefusalLimiter();
  const told = Array.from({ length: 25 }, () => limiter.take(0));
  expect(told).toEqual([...Array(10).fill(0), ...Array(15).fill(undefined)]);
  expect(limiter.take(999)).toBeUndefined();
  expect(limiter.take(1000)).toBe(16);
  expect(limiter.take(1001)).toBe(0);
  expect(limiter.total).toBe(28);
});
