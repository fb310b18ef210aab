import { describe, expect, test } from 'vitest';
import { retryAfter } from './retry-after.js';

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
