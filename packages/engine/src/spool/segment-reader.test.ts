import { crc32 } from 'node:zlib';
import { expect, test } from 'vitest';
import type { GroupEntry } from './group-entry.js';
import { crcIn, encodeMark, MARK_SIZE, MarkKind, writeTagHeader } from './segment-format.js';
import { SegmentReader } from './segment-reader.js';
import type { SpoolTag } from './spool-tag.js';
import { diskError, SimulatedDisk } from './testing/simulated-disk.js';
import { put, storeSegment } from './testing/stored-segment.js';
import { picture } from './testing/tags.js';

const FOLDER = '/spool/series';
const PATH = `${FOLDER}/forged`;

function framed(tag: SpoolTag, { type = tag.type as number, more = 0, end = 0 } = {}): Buffer {
  const { timestamp, parts, size } = tag;
  const bytes = Buffer.alloc(11 + size + 4);
  writeTagHeader(bytes, 0, { type: type as SpoolTag['type'], timestamp, size: size + more });
  Buffer.concat(parts).copy(bytes, 11);
  bytes.writeUInt32BE(11 + size + end, 11 + size);
  return bytes;
}

/** The tags that a reader makes of bytes with a mark behind them that sums them up. */
async function tagsOf(...parts: readonly Buffer[]): Promise<SpoolTag[] | undefined> {
  const bytes = Buffer.concat(parts);
  const mark = encodeMark({ kind: MarkKind.end, firstWall: 1, lastWall: 2 }, 0, crc32(bytes));
  const disk = new SimulatedDisk();
  await put(disk, PATH, Buffer.concat([bytes, mark]));
  const reader = await SegmentReader.open(disk, PATH, 0);
  const entry: Pick<GroupEntry, 'offset' | 'bytes' | 'crc'> = {
    offset: 0,
    bytes: bytes.length + MARK_SIZE,
    crc: crcIn(mark),
  };
  const tags = await reader.read(entry as GroupEntry);
  await reader.close();
  expect(disk.openFiles).toBe(0);
  return tags;
}

test('tags come as they were written, without marks', async () => {
  const disk = new SimulatedDisk();
  const { media, headerBytes, groups } = await storeSegment(disk, FOLDER, { gap: 1, segment: 1 });
  const reader = await SegmentReader.open(disk, media, headerBytes);
  const tags = await reader.read(groups[1]!);
  expect(tags?.map(({ timestamp }) => timestamp)).toEqual([1000, 1040]);
  expect(await tagsOf(framed(picture(40)), framed(picture(80)))).toHaveLength(2);
});

test.each([
  ['nothing in it', []],
  ['a rest that is no header', [framed(picture(40)), Buffer.alloc(5, 8)]],
  ['a type that FLV does not know', [framed(picture(40), { type: 10 })]],
  ['a tag that reaches beyond it', [framed(picture(40), { more: 50 })]],
  ['a PreviousTagSize that is another', [framed(picture(40), { end: 1 }), framed(picture(80))]],
])('a group with %s is damaged, though its sum is right', async (_what, parts) => {
  expect(await tagsOf(...parts)).toBeUndefined();
});

test('a file that cannot be read is closed, and the error comes out', async () => {
  const disk = new SimulatedDisk();
  const { media, headerBytes } = await storeSegment(disk, FOLDER, { gap: 1, segment: 1 });
  disk.onStep = () => diskError('EIO');
  await expect(SegmentReader.open(disk, media, headerBytes)).rejects.toMatchObject({ code: 'EIO' });
  expect(disk.openFiles).toBe(0);
});

test('headers that are not whole are none', async () => {
  const disk = new SimulatedDisk();
  const { media, headerBytes, bytes } = await storeSegment(disk, FOLDER, { gap: 1, segment: 1 });
  disk.setContent(media, bytes.subarray(0, headerBytes - 1));
  const reader = await SegmentReader.open(disk, media, headerBytes);
  expect(reader.headers).toEqual([]);
});
