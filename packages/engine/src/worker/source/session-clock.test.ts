import { expect, test } from 'vitest';
import { SessionClock } from './session-clock.js';

test('a session begins when its first packet comes, whatever its own clock says', () => {
  const clock = new SessionClock();
  expect(900_000 + clock.shiftOf(5000, 900_000, 900_080)).toBe(5000);
  expect(900_040 + clock.shiftOf(5700, 900_040, 900_120)).toBe(5040);
});

test('the next session begins behind the last packet of the one before, however far that was ahead', () => {
  const clock = new SessionClock();
  clock.shiftOf(1000, 0, 9000);
  clock.restart();
  expect(clock.shiftOf(2000, 0, 0)).toBe(10_001);
  clock.restart();
  expect(clock.shiftOf(20_000, 0, 0)).toBe(20_000);
});

test('a packet without a decoding time is placed by its presentation time', () => {
  const clock = new SessionClock();
  expect(500 + clock.shiftOf(7000, Number.NaN, 500)).toBe(7000);
});
