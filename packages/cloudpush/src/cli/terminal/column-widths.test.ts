import { expect, test } from 'vitest';
import { fitColumns } from './column-widths.js';

test('the padding goes first, then the widest texts, then the columns that may', () => {
  const fit = (columns: number) => fitColumns([20, 16, 6], [true, true, false], [2, 1], columns);
  expect(fit(52)).toEqual({ shown: [0, 1, 2], widths: [20, 16, 6], padding: 1 });
  expect(fit(51)).toEqual({ shown: [0, 1, 2], widths: [20, 16, 6], padding: 0 });
  expect(fit(40)).toEqual({ shown: [0, 1, 2], widths: [15, 15, 6], padding: 0 });
  expect(fit(26)).toEqual({ shown: [0, 1, 2], widths: [8, 8, 6], padding: 0 });
  expect(fit(25)).toEqual({ shown: [0, 1], widths: [11, 11], padding: 0 });
  expect(fit(12)).toEqual({ shown: [0], widths: [10], padding: 0 });
  expect(fit(5)).toEqual({ shown: [0], widths: [8], padding: 0 });
});

test('numbers, and texts that are short, are never shortened', () => {
  expect(fitColumns([30, 7, 30], [false, true, true], [], 10).widths).toEqual([30, 7, 8]);
});
