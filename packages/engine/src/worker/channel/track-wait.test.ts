import { beforeEach, expect, test, vi } from 'vitest';
import { FakeClock } from '../../base/testing/fake-clock.js';
import { TrackWait } from './track-wait.js';

const both = { video: undefined, audio: undefined, wait: 1000 };
const onEnded = vi.fn();

let clock = new FakeClock();

beforeEach(() => {
  clock = new FakeClock();
  onEnded.mockClear();
});

test('the first track waits for the second, whichever comes first', () => {
  for (const first of ['video', 'audio']) {
    const wait = new TrackWait(both, onEnded, clock);
    expect(wait.holds).toBe(false);
    wait.note(first === 'video', first === 'audio');
    expect(wait.holds).toBe(true);
    wait.note(true, true);
    expect(wait.holds).toBe(false);
  }
  expect(onEnded).toHaveBeenCalledTimes(2);
});

test('a track that does not come is waited for no longer than the limit, and only once', () => {
  const wait = new TrackWait(both, onEnded, clock);
  wait.note(true, false);
  clock.pass(999);
  expect(wait.holds).toBe(true);
  clock.pass(1);
  expect([wait.holds, onEnded.mock.calls.length]).toEqual([false, 1]);
  wait.note(true, false);
  expect(wait.holds).toBe(false);
});

test('what is told again while a track is waited for does not put the limit off', () => {
  const wait = new TrackWait(both, onEnded, clock);
  wait.note(true, false);
  clock.pass(500);
  wait.note(true, false);
  expect(clock.pending).toBe(1);
  clock.pass(500);
  expect([wait.holds, onEnded.mock.calls.length]).toEqual([false, 1]);
});

test('the limit begins with the first track, not before', () => {
  const wait = new TrackWait(both, onEnded, clock);
  wait.note(false, false);
  expect([wait.holds, clock.pending]).toEqual([false, 0]);
});

test('a stream of sound alone does not wait for pictures that there will not be', () => {
  const wait = new TrackWait({ ...both, video: 'none' }, onEnded, clock);
  wait.note(false, true);
  expect([wait.holds, clock.pending]).toEqual([false, 0]);
});

test('a stream that is stopped while it waits lets nothing out', () => {
  const wait = new TrackWait(both, onEnded, clock);
  wait.note(true, false);
  wait.stop();
  clock.pass(10_000);
  expect([wait.holds, onEnded.mock.calls.length, clock.pending]).toEqual([false, 0, 0]);
});

test.each([
  ['a track that there will not be', { ...both, audio: 'none' }],
  ['anything, when the limit is 0', { ...both, wait: 0 }],
] as const)('does not wait for %s', (_, plan) => {
  const wait = new TrackWait(plan, onEnded, clock);
  wait.note(true, false);
  expect([wait.holds, clock.pending]).toEqual([false, 0]);
});

test('can be ended early, once', () => {
  const wait = new TrackWait(both, onEnded, clock);
  wait.note(true, false);
  wait.end();
  wait.end();
  expect([wait.holds, onEnded.mock.calls.length, clock.pending]).toEqual([false, 1, 0]);
});
