import { expect, test } from 'vitest';
import type { GroupEntry } from './group-entry.js';
import { mediaStep, PartRecord } from './spool-gap.js';

test.each([
  [undefined, 5000, 0],
  [0, 10_000, 10_000],
  [0, 10_001, 0],
  [40, 40, 0],
  [40, 0, 0],
  [0xfffffff0, 0x10, 0x20],
])('from timestamp %s to %s it is %s ms of media', (from, to, ms) => {
  expect(mediaStep(from, to)).toBe(ms);
});

function group(first: number, last: number): GroupEntry {
  const wall = { firstWall: 1000 + first, lastWall: 1000 + last };
  return {
    offset: 0,
    bytes: 10,
    crc: 0,
    firstTimestamp: first,
    lastTimestamp: last,
    ...wall,
    tags: 1,
    isStart: true,
  };
}

test('a part begins with its headers, and grows by its groups', () => {
  const part = new PartRecord(3, 500, 7);
  expect(part).toMatchObject({
    number: 3,
    bytes: 500,
    groups: 0,
    ms: 0,
    start: 7,
    end: 7,
    isFinished: false,
  });
  part.addGroup(group(0, 900));
  part.addGroup(group(1000, 1960));
  expect(part).toMatchObject({ groups: 2, ms: 1960, start: 1000, end: 2960 });
});

test('a part that was looked at again has what was found, and no more', () => {
  const part = new PartRecord(3, 500, 7);
  part.addGroup(group(0, 900));
  part.addGroup(group(1000, 1960));
  part.reset([group(5000, 5900)], 800);
  expect(part).toMatchObject({ groups: 1, bytes: 800, ms: 900, start: 6000, end: 6900, isFinished: true });
});
