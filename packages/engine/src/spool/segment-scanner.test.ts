import { expect, test } from 'vitest';
import type { GroupEntry } from './group-entry.js';
import { SegmentBuilder } from './segment-builder.js';
import { scanGroups, scanHeaders } from './segment-scanner.js';
import type { SpoolFile } from './spool-io.js';
import { SimulatedDisk } from './testing/simulated-disk.js';
import { HEADERS, keyFrame, picture } from './testing/tags.js';

const PATH = '/segment';

async function fileOf(bytes: Buffer): Promise<SpoolFile> {
  const disk = new SimulatedDisk();
  const file = await disk.create(PATH);
  await file.write([bytes], 0);
  return file;
}

/** Two whole groups and the beginning of a third, with a mark in it. */
function segment(): { bytes: Buffer; groups: GroupEntry[]; headerBytes: number; markedBytes: number } {
  const builder = new SegmentBuilder({ gap: 1, segment: 1, gapStart: 5 }, HEADERS);
  const parts: Uint8Array[] = [builder.start];
  const groups: GroupEntry[] = [];
  for (const start of [0, 1000]) {
    builder.add(keyFrame(start, 30), start, 'start', parts);
    if (start === 1000) builder.mark(parts);
    builder.add(picture(start + 40, 30), start + 40, 'none', parts);
    groups.push(builder.endGroup(parts));
  }
  builder.add(keyFrame(2000, 30), 2000, 'start', parts);
  builder.mark(parts);
  const markedBytes = builder.size;
  builder.add(picture(2040, 30), 2040, 'none', parts);
  return { bytes: Buffer.concat(parts), groups, headerBytes: builder.headerBytes, markedBytes };
}

test('a file is read in large pieces, not tag by tag', async () => {
  const { bytes, headerBytes } = segment();
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
  const { bytes, groups, headerBytes, markedBytes } = segment();
  const file = await fileOf(bytes);
  expect((await scanHeaders(file))?.length).toBe(headerBytes);
  const found = await scanGroups(file, headerBytes);
  expect(found.slice(0, 2)).toEqual(groups);
  expect(found[2]).toMatchObject({ tags: 1, firstTimestamp: 2000, lastTimestamp: 2000, isStart: true });
  expect(found[2]!.offset + found[2]!.bytes).toBe(markedBytes);
});

test('a file that is cut off anywhere gives what marks in it vouch for', async () => {
  const { bytes, groups, headerBytes } = segment();
  const all = await scanGroups(await fileOf(bytes), headerBytes);
  for (let length = 0; length < bytes.length; length++) {
    const file = await fileOf(bytes.subarray(0, length));
    expect((await scanHeaders(file)) !== undefined, `${length} bytes`).toBe(length >= headerBytes);
    if (length < headerBytes) continue;
    const found = await scanGroups(file, headerBytes);
    const ends = [...groups, all[2]!].filter(({ offset, bytes: size }) => offset + size <= length).length;
    expect(found.length, `${length} bytes`).toBeGreaterThanOrEqual(ends);
    for (const group of found) expect(group.offset + group.bytes).toBeLessThanOrEqual(length);
  }
});

test('a byte that is another is never in a group that is found', async () => {
  const { bytes, headerBytes } = segment();
  for (let at = 0; at < bytes.length; at++) {
    const damaged = Buffer.from(bytes);
    damaged[at]! ^= 0x10;
    const file = await fileOf(damaged);
    if (at < headerBytes) expect(await scanHeaders(file), `byte ${at}`).toBeUndefined();
    else
      for (const { offset, bytes: size, firstWall } of await scanGroups(file, headerBytes)) {
        const isOutside = at < offset || at >= offset + size;
        expect(isOutside, `byte ${at} in the group of ${firstWall}`).toBe(true);
      }
  }
});
