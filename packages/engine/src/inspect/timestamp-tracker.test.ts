import { expect, test } from 'vitest';
import { TimestampTracker } from './timestamp-tracker.js';

function follow(
  times: readonly (readonly [dts: number, pts: number])[],
  gapThreshold = 1000,
): TimestampTracker {
  const tracker = new TimestampTracker('file', gapThreshold);
  times.forEach(([dts, pts], index) => {
    tracker.see({ offset: 100 * index, dts, pts });
  });
  return tracker;
}

test('a track lasts to the end of its last sample', () => {
  const tracker = follow([
    [100, 180],
    [140, 300],
    [180, 180],
    [220, 220],
  ]);
  expect(tracker.report()).toEqual({
    clock: 'file',
    first: 100,
    last: 220,
    duration: 160,
    interval: { min: 40, mean: 40, max: 40 },
    compositionOffset: { min: 0, max: 160 },
    stepsBack: { count: 0, list: [] },
    gaps: { threshold: 1000, longest: 0, count: 0, list: [] },
  });
  expect([tracker.start, tracker.end]).toEqual([180, 340]);
});

test('a single sample has no interval, and no samples have no report', () => {
  expect(follow([[5, 5]]).report()).toMatchObject({ first: 5, last: 5, duration: 0 });
  expect(follow([[5, 5]]).report()).not.toHaveProperty('interval');
  expect(follow([]).report()).toBeUndefined();
});

test('gaps above the threshold, and steps back, are told with their places', () => {
  const report = follow(
    [
      [0, 0],
      [40, 40],
      [140, 140],
      [241, 241],
      [41, 41],
      [441, 441],
    ],
    100,
  ).report();
  expect(report?.gaps).toEqual({
    threshold: 100,
    longest: 400,
    count: 2,
    list: [
      { offset: 300, at: 140, length: 101 },
      { offset: 500, at: 41, length: 400 },
    ],
  });
  expect(report?.stepsBack).toEqual({ count: 1, list: [{ offset: 400, at: 41, by: 200 }] });
  expect(report?.duration).toBeCloseTo(441 + 441 / 5);
});
