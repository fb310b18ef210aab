import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { TrackWait } from './track-wait.js';

const both = { video: undefined, audio: undefined, wait: 1000 };
const onEnded = vi.fn();

beforeEach(() => {
  vi.useFakeTimers();
  onEnded.mockClear();
});
afterEach(() => {
  vi.useRealTimers();
});

test('the first track waits for the second, whichever comes first', () => {
  for (const first of ['video', 'audio']) {
    const wait = new TrackWait(both, onEnded);
    expect(wait.holds).toBe(false);
    wait.note(first === 'video', first === 'audio');
    expect(wait.holds).toBe(true);
    wait.note(true, true);
    expect(wait.holds).toBe(false);
  }
  expect(onEnded).toHaveBeenCalledTimes(2);
});

test('a track that does not come is waited for no longer than the limit, and only once', () => {
  const wait = new TrackWait(both, onEnded);
  wait.note(true, false);
  vi.advanceTimersByTime(999);
  expect(wait.holds).toBe(true);
  vi.advanceTimersByTime(1);
  expect([wait.holds, onEnded.mock.calls.length]).toEqual([false, 1]);
  wait.note(true, false);
  expect(wait.holds).toBe(false);
});

test('what is told again while a track is waited for does not put the limit off', () => {
  const wait = new TrackWait(both, onEnded);
  wait.note(true, false);
  vi.advanceTimersByTime(500);
  wait.note(true, false);
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(500);
  expect([wait.holds, onEnded.mock.calls.length]).toEqual([false, 1]);
});

test('the limit begins with the first track, not before', () => {
  const wait = new TrackWait(both, onEnded);
  wait.note(false, false);
  expect([wait.holds, vi.getTimerCount()]).toEqual([false, 0]);
});

test('a stream of sound alone does not wait for pictures that there will not be', () => {
  const wait = new TrackWait({ ...both, video: 'none' }, onEnded);
  wait.note(false, true);
  expect([wait.holds, vi.getTimerCount()]).toEqual([false, 0]);
});

test('a stream that is stopped while it waits lets nothing out', () => {
  const wait = new TrackWait(both, onEnded);
  wait.note(true, false);
  wait.stop();
  vi.advanceTimersByTime(10_000);
  expect([wait.holds, onEnded.mock.calls.length, vi.getTimerCount()]).toEqual([false, 0, 0]);
});

test.each([
  ['a track that there will not be', { ...both, audio: 'none' }],
  ['anything, when the limit is 0', { ...both, wait: 0 }],
] as const)('does not wait for %s', (_, plan) => {
  const wait = new TrackWait(plan, onEnded);
  wait.note(true, false);
  expect([wait.holds, vi.getTimerCount()]).toEqual([false, 0]);
});

test('can be ended early, once', () => {
  const wait = new TrackWait(both, onEnded);
  wait.note(true, false);
  wait.end();
  wait.end();
  expect([wait.holds, onEnded.mock.calls.length, vi.getTimerCount()]).toEqual([false, 1, 0]);
});
