import { expect, test } from 'vitest';
import { bitRate, bytes, countdown, exactMoment, kilobits, moment, percent, plural } from './text.js';

test('rates have the unit that suits them', () => {
  expect([0, 812_300, 9_999_499, 9_999_500, 12_440_000, 99_960_000, 1_012_000_000].map(bitRate)).toEqual([
    '0 kbit/s',
    '812 kbit/s',
    '9,999 kbit/s',
    '10.0 Mbit/s',
    '12.4 Mbit/s',
    '100.0 Mbit/s',
    '1,012 Mbit/s',
  ]);
  expect(kilobits(1_234_567)).toBe('1,235');
});

test('bytes are counted in powers of 1000', () => {
  expect([0, 999, 1000, 12_345_678, 5e15].map(bytes)).toEqual([
    '0 B',
    '999 B',
    '1.0 kB',
    '12.3 MB',
    '5000.0 TB',
  ]);
});

test('a moment of today is a time, another one has its day', () => {
  const now = new Date(2026, 0, 2, 14, 2, 9).getTime();
  expect(moment(now, now)).toBe('14:02');
  expect(exactMoment(now, now)).toBe('14:02:09');
  expect(moment(new Date(2026, 0, 1, 23, 59).getTime(), now)).toBe('2026-01-01 23:59');
});

test('a countdown ends with now', () => {
  expect([-5000, 0, 999, 1000, 61_000].map((ms) => countdown(1e12 + ms, 1e12))).toEqual([
    'now',
    'now',
    'now',
    'in 1s',
    'in 1m',
  ]);
});

test('shares and plurals', () => {
  expect([percent(1, 3), percent(0, 0)]).toEqual([33, 0]);
  expect([plural(1, 'time'), plural(2000, 'time')]).toEqual(['1 time', '2,000 times']);
});
