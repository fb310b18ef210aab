import { expect, test } from 'vitest';
import { RateLimit } from './rate-limit.js';

test('a rate limit lets a burst through, and then so much a second', () => {
  let time = 5;
  const limit = new RateLimit(10, 20, () => time);
  let passed = 0;
  const pass = (): void => {
    for (; limit.wait === 0; passed++) limit.spend(1);
  };
  pass();
  expect(passed).toBe(20);
  time += 1000;
  pass();
  expect(passed).toBe(30);
  time += 1_000_000;
  pass();
  expect(passed).toBe(50);
});

test('a rate limit lets what is too large through, and makes what follows wait for it', () => {
  let time = 0;
  const limit = new RateLimit(10, 20, () => time);
  limit.spend(119);
  expect(limit.wait).toBe(10_000);
  time = 5000;
  expect(limit.wait).toBe(5000);
  time = 10_000;
  expect(limit.wait).toBe(0);
});

test('what must fit whole passes as often as permitted, in one go or spread', () => {
  let time = 0;
  const burst = new RateLimit(1, 60, () => time);
  expect(Array.from({ length: 61 }, () => burst.take(1)).filter(Boolean)).toHaveLength(60);
  const later = [500, 1000, 1001].map((now) => {
    time = now;
    return burst.take(1);
  });
  expect(later).toEqual([false, true, false]);
  const spread = new RateLimit(1, 60, () => time);
  const seconds = Array.from({ length: 600 }, () => {
    time += 1000;
    return spread.take(1);
  });
  expect(seconds.every(Boolean)).toBe(true);
});
