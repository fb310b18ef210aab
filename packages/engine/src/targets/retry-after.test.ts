import { describe, expect, test } from 'vitest';
import { backOff, retryAfter } from './retry-after.js';

describe('backOff', () => {
  const delays = (random: number) => [1, 2, 3, 4, 5, 1000].map((n) => backOff(n, 250, 3000, () => random));

  test('doubles up to its cap', () => {
    expect(delays(1)).toEqual([250, 500, 1000, 2000, 3000, 3000]);
  });

  test('jitters over the whole range', () => {
    expect(delays(0)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(delays(0.5)).toEqual([125, 250, 500, 1000, 1500, 1500]);
  });
});

describe('retryAfter', () => {
  const now = Date.UTC(2024, 0, 1);

  test.each([
    ['0', 0],
    ['120', 120_000],
    ['Mon, 01 Jan 2024 00:00:05 GMT', 5000],
    ['Sun, 31 Dec 2023 23:00:00 GMT', 0],
  ])('reads %j', (value, ms) => {
    expect(retryAfter(value, now)).toBe(ms);
  });

  test.each([undefined, '', '-1', '1.5', '1e3', '12345678901', 'soon', '2024-01-01', 'Mon, never GMT'])(
    'makes nothing of %j',
    (value) => {
      expect(retryAfter(value, now)).toBeUndefined();
    },
  );
});
