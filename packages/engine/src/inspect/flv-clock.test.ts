import { expect, test } from 'vitest';
import { FlvClock } from './flv-clock.js';

test('the clock goes on past 2^32 ms, and steps back where the tags do', () => {
  const clock = new FlvClock();
  const times = [2 ** 32 - 40, 2 ** 32 - 1, 39, 20, 2 ** 32 - 10, 30].map((timestamp) =>
    clock.see(timestamp),
  );
  expect(times).toEqual([2 ** 32 - 40, 2 ** 32 - 1, 2 ** 32 + 39, 2 ** 32 + 20, 2 ** 32 - 10, 2 ** 32 + 30]);
});
