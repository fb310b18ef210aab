import { expect, test } from 'vitest';
import { orderGroups } from './group-order.js';
import type { Recording } from './recorded-group.js';

const START = Date.UTC(2026, 10, 22, 11, 30);

/** A recording of groups of 960 ms; letters are their first frames, a small one is cut off. */
function recording(file: string, groups: string, at: number, gap = false): Recording {
  return {
    file,
    gap: gap ? { gapOf: 'camera', gapStart: START, gapEnd: START, gapPart: 1 } : undefined,
    metadata: undefined,
    headers: [],
    groups: [...groups].map((letter, i) => ({
      offset: i,
      size: letter === letter.toLowerCase() ? 10 : 100,
      key: letter.toUpperCase(),
      wall: START + at + i * 1000,
      firstTimestamp: i * 1000,
      lastTimestamp: i * 1000 + 960,
      headers: 0,
    })),
  };
}

function joined(...recordings: Recording[]): { order: string; sources: string; timestamps: number[] } {
  const groups = orderGroups(recordings);
  return {
    order: groups.map(({ group }) => group.key).join(''),
    sources: groups.map(({ recording: { file } }) => file).join(''),
    timestamps: groups.map(({ timestamp }) => timestamp),
  };
}

test('a gap comes between what was live before and after it', () => {
  expect(
    joined(recording('1', 'AB', 0), recording('2', 'EF', 4000), recording('g', 'CD', 2000, true)),
  ).toEqual({
    order: 'ABCDEF',
    sources: '11gg22',
    timestamps: [0, 1000, 2000, 3000, 4000, 5000],
  });
});

test('a group that was cut off and sent again is there once, and whole', () => {
  expect(joined(recording('1', 'ABc', 0), recording('g', 'CD', 2000, true))).toMatchObject({
    order: 'ABCD',
    sources: '11gg',
  });
  expect(joined(recording('1', 'ABC', 0), recording('g', 'cD', 2000, true))).toMatchObject({
    order: 'ABCD',
    sources: '111g',
  });
});

test('a clock of arrival that is wrong is put right by what was sent twice', () => {
  const late = [recording('1', 'ABc', 90_000), recording('2', 'EF', 94_000)];
  expect(joined(...late, recording('g', 'CD', 2000, true))).toEqual({
    order: 'ABCDEF',
    sources: '11gg22',
    timestamps: [0, 1000, 2000, 3000, 4000, 5000],
  });
});

test('groups that begin alike at other times are not the same', () => {
  expect(joined(recording('1', 'AAA', 0), recording('g', 'AA', 3000, true)).order).toBe('AAAAA');
});

test('a camera that was away leaves a pause, and clocks that step back leave none', () => {
  expect(joined(recording('1', 'A', 0), recording('2', 'B', 60_000)).timestamps).toEqual([0, 60_000]);
  expect(joined(recording('1', 'AB', 0), recording('2', 'C', 1100)).timestamps).toEqual([0, 1000, 1961]);
});

test('nothing is joined of nothing', () => {
  expect(orderGroups([])).toEqual([]);
  expect(orderGroups([recording('1', '', 0)])).toEqual([]);
});
