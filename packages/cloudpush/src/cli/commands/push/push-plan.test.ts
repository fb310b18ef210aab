import { expect, test } from 'vitest';
import { limitOf, type PushPlan, startOf } from './push-plan.js';

const places = Array.from({ length: 5 }, () => ({ shown: '', url: undefined, target: undefined, also: [] }));

test('channels begin as many a second as the ramp says, the first one at once', () => {
  expect([0, 1, 2, 3, 4].map((index) => startOf({ ramp: 2 }, index))).toEqual([0, 500, 1000, 1500, 2000]);
  expect(startOf({ ramp: 0.5 }, 3)).toBe(6000);
});

test('without a ramp all channels begin at once', () => {
  expect([0, 1, 400].map((index) => startOf({}, index))).toEqual([0, 0, 0]);
});

test('channels that begin earlier last longer: all of them end together', () => {
  const plan: Pick<PushPlan, 'ramp' | 'limit' | 'places'> = { ramp: 2, limit: 10_000, places };
  const ends = places.map((_, index) => startOf(plan, index) + limitOf(plan, index)!);
  expect(ends).toEqual([12_000, 12_000, 12_000, 12_000, 12_000]);
  expect(limitOf(plan, 4)).toBe(10_000);
});

test('a run without a limit has none on a ramp either', () => {
  expect(limitOf({ ramp: 2, limit: undefined, places }, 3)).toBeUndefined();
});
