import { expect, test } from 'vitest';
import { scanGroups, scanHeaders } from './segment-scanner.js';
import { fileOf, markedSegment } from './testing/marked-segment.js';

test('a file is read in large pieces, not tag by tag', async () => {
  const { bytes, headerBytes } = markedSegment();
  const file = await fileOf(bytes);
  let reads = 0;
  const read = file.read.bind(file);
  file.read = async (target, position) => {
    reads++;
    return await read(target, position);
  };
  expect(await scanGroups(file, headerBytes)).toHaveLength(3);
  // The second time, there is nothing more.
  expect(reads).toBe(2);
});

test('groups are found as they were made, and the beginning of the last one up to its mark', async () => {
  const { bytes, groups, headerBytes, markedBytes } = markedSegment();
  const file = await fileOf(bytes);
  expect((await scanHeaders(file))?.length).toBe(headerBytes);
  const found = await scanGroups(file, headerBytes);
  expect(found.slice(0, 2)).toEqual(groups);
  expect(found[2]).toMatchObject({ tags: 1, firstTimestamp: 2000, lastTimestamp: 2000, isStart: true });
  expect(found[2]!.offset + found[2]!.bytes).toBe(markedBytes);
});
