import { expect, test } from 'vitest';
import { isInWindow } from './daily-window.js';

const at = (hour: number, minute: number): number => new Date(2026, 2, 4, hour, minute).getTime();

test('hours of the day, also over midnight', () => {
  const night = { from: 22 * 60, to: 4 * 60 + 30 };
  const day = { from: 60, to: 5 * 60 };
  const times = [at(0, 59), at(1, 0), at(4, 29), at(4, 30), at(21, 59), at(22, 0)];
  expect(times.map((time) => isInWindow(day, time))).toEqual([false, true, true, true, false, false]);
  expect(times.map((time) => isInWindow(night, time))).toEqual([true, true, true, false, false, true]);
  expect(times.every((time) => isInWindow(undefined, time))).toBe(true);
});
