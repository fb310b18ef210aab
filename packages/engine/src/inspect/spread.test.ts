import { expect, test } from 'vitest';
import { Spread } from './spread.js';

test('smallest, mean and largest; nothing of nothing', () => {
  const spread = new Spread();
  expect(spread.report()).toBeUndefined();
  for (const value of [3, -1, 4]) spread.add(value);
  expect(spread.report()).toEqual({ min: -1, mean: 2, max: 4 });
});
