import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { MoveRequests } from './move-requests.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function followed(): { wishes: [number, string][]; requests: MoveRequests<string> } {
  const start = Date.now();
  const wishes: [number, string][] = [];
  const now = (): number => Date.now() - start;
  return { wishes, requests: new MoveRequests((wish) => void wishes.push([now(), wish]), now) };
}

test('the first wish is followed at once, and of those that come too soon the last', () => {
  const { wishes, requests } = followed();
  expect(requests.ask('a')).toBeUndefined();
  expect(requests.ask('b')).toBe(5000);
  for (let i = 0; i < 1000; i++) expect(requests.ask(`c${i}`)).toBeUndefined();
  vi.advanceTimersByTime(4999);
  expect(wishes).toEqual([[0, 'a']]);
  vi.advanceTimersByTime(1);
  expect(wishes).toEqual([
    [0, 'a'],
    [5000, 'c999'],
  ]);
});

test('a server that never stops asking moves the stream ever less often', () => {
  const { wishes, requests } = followed();
  for (let ms = 0; ms < 1_300_000; ms += 20) {
    requests.ask('again');
    vi.advanceTimersByTime(20);
  }
  const times = wishes.map(([time]) => time);
  expect(times.slice(0, 8)).toEqual([0, 5000, 15_000, 35_000, 75_000, 155_000, 315_000, 615_000]);
  expect(times).toHaveLength(10);
});

test('after a calm time a wish is as good as the first, and those that follow wait as briefly', () => {
  const { wishes, requests } = followed();
  for (let i = 0; i < 5; i++) {
    requests.ask('again');
    vi.advanceTimersByTime(100_000);
  }
  vi.advanceTimersByTime(600_000);
  requests.ask('calm');
  expect(wishes.at(-1)?.[1]).toBe('calm');
  expect(requests.ask('next')).toBe(5000);
});

test('a wish that waits is forgotten when nobody moves any more', () => {
  const { wishes, requests } = followed();
  requests.ask('a');
  requests.ask('b');
  requests.stop();
  vi.advanceTimersByTime(100_000);
  expect(wishes).toEqual([[0, 'a']]);
});

test('a wish that comes exactly when the time is over does not wait, and no timer stays', () => {
  const { wishes, requests } = followed();
  requests.ask('a');
  vi.advanceTimersByTime(5000);
  expect(requests.ask('b')).toBeUndefined();
  expect([wishes, vi.getTimerCount()]).toEqual([
    [
      [0, 'a'],
      [5000, 'b'],
    ],
    0,
  ]);
});

test('the calm time is over after exactly ten minutes', () => {
  const { requests } = followed();
  for (let i = 0; i < 3; i++) {
    requests.ask('again');
    vi.advanceTimersByTime(100_000);
  }
  vi.advanceTimersByTime(500_000);
  requests.ask('calm');
  expect(requests.ask('next')).toBe(5000);
});

test('the distance grows wherever the clock began', () => {
  let now = 5_000_000;
  const requests = new MoveRequests<string>(
    () => {},
    () => now,
  );
  requests.ask('a');
  now += 5000;
  requests.ask('b');
  expect(requests.ask('c')).toBe(10_000);
});
