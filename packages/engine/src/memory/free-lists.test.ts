import { beforeEach, expect, test } from 'vitest';
import { NO_BLOCK, WORDS } from './block-layout.js';
import { FreeLists, largestSearchable } from './free-lists.js';

const POOL = 1 << 16;
let lists: FreeLists;

beforeEach(() => {
  lists = new FreeLists(new Int32Array(POOL * WORDS));
});

test('what was put in is found by any smaller size, and by no larger one', () => {
  lists.add(64, 100);
  for (const size of [3, 31, 32, 33, 64, 100]) expect(lists.find(size)).toBe(64);
  for (const size of [104, 128, 1000, POOL]) expect(lists.find(size)).toBe(NO_BLOCK);
});

test('nothing is found where nothing is, nor what has been taken out', () => {
  expect(lists.find(3)).toBe(NO_BLOCK);
  lists.add(0, 10);
  expect(lists.remove(0)).toBe(10);
  expect(lists.find(3)).toBe(NO_BLOCK);
});

test('the smallest class that is large enough for all is searched first', () => {
  lists.add(1000, 5000);
  lists.add(2000, 40);
  lists.add(3000, 20);
  expect([lists.find(20), lists.find(21), lists.find(41)]).toEqual([3000, 2000, 1000]);
});

test('blocks of one class come back the last one first, also when one in their midst is taken out', () => {
  for (const block of [100, 200, 300]) lists.add(block, 20);
  lists.remove(200);
  expect(lists.find(20)).toBe(300);
  lists.remove(300);
  expect(lists.find(20)).toBe(100);
  lists.remove(100);
  expect(lists.find(20)).toBe(NO_BLOCK);
});

test('sizes up to those of the largest pool have lists of their own', () => {
  const sizes = [2 ** 10, 2 ** 20, 2 ** 21, 2 ** 25 + 2 ** 20, 2 ** 26 - 1];
  for (const [i, granules] of sizes.entries()) lists.add(100 * i, granules);
  for (const [i, granules] of sizes.entries()) {
    expect(lists.find(largestSearchable(granules))).toBe(100 * i);
    expect(lists.remove(100 * i)).toBe(granules);
  }
  expect(lists.find(2 ** 30)).toBe(NO_BLOCK);
});

test.each([
  [20, 20],
  [31, 31],
  [32, 32],
  [63, 63],
  [64, 64],
  [65, 64],
  [1000, 992],
])('of a free block of %i granules, %i are sure to be found', (granules, sure) => {
  expect(largestSearchable(granules)).toBe(sure);
  lists.add(0, granules);
  expect(lists.find(sure)).toBe(0);
});
