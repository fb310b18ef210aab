import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { channel } from '../push/testing/outcomes.js';
import { type FedChannel, FirstMediaWatch } from './first-media.js';

let clock = 0;

beforeEach(() => {
  clock = 0;
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
});
afterEach(() => {
  vi.useRealTimers();
});

function pass(ms: number): void {
  clock += ms;
  vi.advanceTimersByTime(ms);
}

function fedChannel(startedAt: number) {
  const stats = { videoFrames: 0, audioFrames: 0 };
  return { startedAt, stats, outcome: undefined as FedChannel['outcome'] };
}

test('the time runs from the beginning of the channel to its first frame, picture or sound', () => {
  using watch = new FirstMediaWatch(() => clock);
  const [one, other] = [fedChannel(-100), fedChannel(0)];
  watch.add(one);
  watch.add(other);
  pass(50);
  expect(watch.times).toEqual([]);
  one.stats.videoFrames = 1;
  pass(5);
  other.stats.audioFrames = 1;
  pass(5);
  expect(watch.times).toEqual([155, 60]);
});

test('each channel is measured once, and a watch with nothing to wait for rests', () => {
  using watch = new FirstMediaWatch(() => clock);
  const only = fedChannel(0);
  watch.add(only);
  only.stats.videoFrames = 1;
  pass(100);
  expect(watch.times).toHaveLength(1);
  expect(vi.getTimerCount()).toBe(0);
});

test('a channel that has ended without any media has no time', () => {
  using watch = new FirstMediaWatch(() => clock);
  const only = fedChannel(0);
  watch.add(only);
  only.outcome = channel(1);
  pass(5);
  expect(watch.times).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});
