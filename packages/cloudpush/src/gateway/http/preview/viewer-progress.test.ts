import { expect, test } from 'vitest';
import { ViewerProgress } from './viewer-progress.js';

function bench() {
  let clock = 0;
  const viewer = new ViewerProgress(() => clock);
  return {
    /** Writes a piece of 1000 bytes after so many ms; so many bytes of all wait then. */
    write(ms: number, waiting: number): boolean {
      clock += ms;
      return viewer.isIdle(1000, waiting);
    },
  };
}

test('a viewer that takes what it is sent is not idle, and neither is one that is slow', () => {
  const { write } = bench();
  for (let count = 0; count < 100; count++) expect(write(1000, 0)).toBe(false);
  for (let count = 1; count < 100; count++) expect(write(1000, count * 900)).toBe(false);
});

test('one that has taken nothing for 15 s is', () => {
  const { write } = bench();
  expect(write(1000, 0)).toBe(false);
  for (let count = 1; count <= 15; count++) expect(write(1000, count * 1000)).toBe(false);
  expect(write(1000, 16_000)).toBe(true);
});

test('pictures that are far apart do not make a viewer idle that takes each of them', () => {
  const { write } = bench();
  expect(write(12_000, 0)).toBe(false);
  expect(write(12_000, 1000)).toBe(false);
  expect(write(12_000, 1000)).toBe(false);
});
