import { expect, test } from 'vitest';
import { SegmentTracker } from './segment-tracker.js';

const near = 1;
const far = 2;
const both = [near, far];

function ended(): SegmentTracker {
  const tracker = new SegmentTracker();
  tracker.add(1, both);
  return tracker;
}

test('a segment is over when the last destination has brought it to its end, each once', () => {
  const tracker = ended();
  expect([tracker.settle(1, near), tracker.settle(1, near)]).toEqual([false, false]);
  expect(tracker.isEmpty).toBe(false);
  expect(tracker.settle(1, far)).toBe(true);
  expect(tracker.isEmpty).toBe(true);
  expect(tracker.settle(1, far)).toBe(false);
});

test('it is over, too, when those that it waited for are, but only if somebody brought it there', () => {
  const one = ended();
  one.settle(1, near);
  expect(one.leave(far)).toEqual([1]);
  expect(one.leave(far)).toEqual([]);
  const none = ended();
  expect([none.leave(near), none.leave(far)]).toEqual([[], []]);
  expect(none.isEmpty).toBe(true);
});

test('it does not wait for a destination that came later, or that has another number', () => {
  const tracker = new SegmentTracker();
  tracker.add(1, [near]);
  expect([tracker.settle(1, far), tracker.settle(2, near), tracker.leave(far)]).toEqual([false, false, []]);
  expect(tracker.settle(1, near)).toBe(true);
});

test('a destination that is over leaves every segment that it has not brought to its end', () => {
  const tracker = ended();
  tracker.add(2, both);
  tracker.settle(1, near);
  tracker.settle(2, near);
  expect(tracker.leave(far)).toEqual([1, 2]);
});
