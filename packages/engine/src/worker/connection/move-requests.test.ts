import { beforeEach, expect, test } from 'vitest';
import { FakeClock } from '../../base/testing/fake-clock.js';
import { MoveRequests } from './move-requests.js';

let clock = new FakeClock();

beforeEach(() => {
  clock = new FakeClock();
});

function followed(): { wishes: [number, string][]; requests: MoveRequests<string> } {
  const wishes: [number, string][] = [];
  return { wishes, requests: new MoveRequests((wish) => void wishes.push([clock.now(), wish]), clock) };
}

test('the first wish is followed at once, and of those that come too soon the last', () => {
  const { wishes, requests } = followed();
  expect(requests.ask('a')).toBeUndefined();
  expect(requests.ask('b')).toBe(5000);
  for (let i = 0; i < 1000; i++) expect(requests.ask(`c${i}`)).toBeUndefined();
  clock.pass(4999);
  expect(wishes).toEqual([[0, 'a']]);
  clock.pass(1);
  expect(wishes).toEqual([
    [0, 'a'],
    [5000, 'c999'],
  ]);
});

test('a server that never stops asking moves the stream ever less often', () => {
  const { wishes, requests } = followed();
  for (let ms = 0; ms < 1_300_000; ms += 20) {
    requests.ask('again');
    clock.pass(20);
  }
  const times = wishes.map(([time]) => time);
  expect(times.slice(0, 8)).toEqual([0, 5000, 15_000, 35_000, 75_000, 155_000, 315_000, 615_000]);
  expect(times).toHaveLength(10);
});

test('after a calm time a wish is as good as the first, and those that follow wait as briefly', () => {
  const { wishes, requests } = followed();
  for (let i = 0; i < 5; i++) {
    requests.ask('again');
    clock.pass(100_000);
  }
  clock.pass(600_000);
  requests.ask('calm');
  expect(wishes.at(-1)?.[1]).toBe('calm');
  expect(requests.ask('next')).toBe(5000);
});

test('a wish that waits is forgotten when nobody moves any more', () => {
  const { wishes, requests } = followed();
  requests.ask('a');
  requests.ask('b');
  requests.stop();
  clock.pass(100_000);
  expect(wishes).toEqual([[0, 'a']]);
});

test('a wish that comes exactly when the time is over does not wait, and no timer stays', () => {
  const { wishes, requests } = followed();
  requests.ask('a');
  clock.pass(5000);
  expect(requests.ask('b')).toBeUndefined();
  expect([wishes, clock.pending]).toEqual([
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
    clock.pass(100_000);
  }
  clock.pass(500_000);
  requests.ask('calm');
  expect(requests.ask('next')).toBe(5000);
});

test('the distance grows wherever the clock began', () => {
  clock.pass(5_000_000);
  const requests = new MoveRequests<string>(() => {}, clock);
  requests.ask('a');
  clock.pass(5000);
  requests.ask('b');
  expect(requests.ask('c')).toBe(10_000);
});
