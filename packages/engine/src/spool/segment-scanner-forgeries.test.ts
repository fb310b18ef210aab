import { crc32 } from 'node:zlib';
import type { TagType } from '@cloudpush/muxer';
import { expect, test } from 'vitest';
import { SegmentBuilder } from './segment-builder.js';
import { encodeMark, FILE_HEADER_SIZE, MARK_SIZE, MarkKind, writeTagHeader } from './segment-format.js';
import { scanGroups, scanHeaders } from './segment-scanner.js';
import type { SpoolFile } from './spool-io.js';
import type { SpoolTag } from './spool-tag.js';
import { SimulatedDisk } from './testing/simulated-disk.js';
import { put } from './testing/stored-segment.js';
import { HEADERS, keyFrame, picture, sound } from './testing/tags.js';

const PATH = '/segment';
const WINDOW = 1024 * 1024;

async function fileOf(...parts: readonly Uint8Array[]): Promise<SpoolFile> {
  const disk = new SimulatedDisk();
  await put(disk, PATH, Buffer.concat(parts));
  return await disk.open(PATH, 'read');
}

/** A tag in bytes, with what a test wants to have wrong. */
function framed(
  { type, timestamp, parts, size }: SpoolTag,
  wrong: { streamId?: number; more?: number } = {},
): Buffer {
  const bytes = Buffer.alloc(11 + size + 4);
  writeTagHeader(bytes, 0, { type, timestamp, size });
  bytes.writeUIntBE(wrong.streamId ?? 0, 8, 3);
  Buffer.concat(parts).copy(bytes, 11);
  bytes.writeUInt32BE(11 + size + (wrong.more ?? 0), 11 + size);
  return bytes;
}

/** Bytes with a mark behind them that sums them up. */
function marked(kind: MarkKind, ...parts: readonly Uint8Array[]): Buffer {
  const bytes = Buffer.concat(parts);
  return Buffer.concat([bytes, encodeMark({ kind, firstWall: 1, lastWall: 2 }, 0, crc32(bytes))]);
}

const start = new SegmentBuilder({ gap: 1, segment: 1, gapStart: 5 }, HEADERS).start.subarray(0, -MARK_SIZE);

test('headers end at a mark of headers, and at no other', async () => {
  expect(await scanHeaders(await fileOf(marked(MarkKind.headers, start)))).toHaveLength(
    start.length + MARK_SIZE,
  );
  for (const kind of [MarkKind.within, MarkKind.end])
    expect(await scanHeaders(await fileOf(marked(kind, start)))).toBeUndefined();
});

test('a file that does not say that it is FLV is none, whatever its marks say', async () => {
  const other = Buffer.from(start);
  other.write('MP4', 'latin1');
  expect(await scanHeaders(await fileOf(marked(MarkKind.headers, other)))).toBeUndefined();
});

test('the header of a file alone is no segment', async () => {
  expect(await scanHeaders(await fileOf(start.subarray(0, FILE_HEADER_SIZE)))).toBeUndefined();
  expect(await scanHeaders(await fileOf(start.subarray(0, FILE_HEADER_SIZE - 1)))).toBeUndefined();
  expect(await scanHeaders(await fileOf())).toBeUndefined();
});

test.each([
  ['a stream id', framed(picture(40), { streamId: 1 })],
  ['a PreviousTagSize that is another', framed(picture(40), { more: 1 })],
  ['a type that FLV does not know', framed({ ...picture(40), type: 10 as TagType })],
])('a tag with %s ends what can be trusted, though its sum is right', async (_what, tag) => {
  const good = marked(MarkKind.end, framed(keyFrame(0)));
  const found = await scanGroups(await fileOf(good, marked(MarkKind.end, tag)), 0);
  expect(found.map(({ bytes }) => bytes)).toEqual([good.length]);
});

test('a mark of headers within media ends what can be trusted', async () => {
  const good = marked(MarkKind.end, framed(keyFrame(0)));
  const forged = marked(MarkKind.headers, framed(keyFrame(40)));
  expect(await scanGroups(await fileOf(good, forged), 0)).toHaveLength(1);
});

test('a mark without a tag in front of it is no group', async () => {
  const good = marked(MarkKind.end, framed(keyFrame(0)));
  for (const kind of [MarkKind.end, MarkKind.within])
    expect(await scanGroups(await fileOf(good, marked(kind), good), 0)).toHaveLength(1);
});

test('a group of pictures starts at a key frame, one of sound anywhere', async () => {
  const groups = [
    marked(MarkKind.end, framed(keyFrame(0)), framed(sound(20))),
    marked(MarkKind.end, framed(picture(40)), framed(keyFrame(80))),
    marked(MarkKind.end, framed(sound(100)), framed(sound(120))),
    marked(MarkKind.end, framed(sound(140)), framed(picture(160))),
  ];
  const found = await scanGroups(await fileOf(...groups), 0);
  expect(found.map(({ isStart, tags }) => [isStart, tags])).toEqual([
    [true, 2],
    [false, 2],
    [true, 2],
    [false, 2],
  ]);
});

test('timestamps have 32 bits', async () => {
  const tags = [keyFrame(0xfffefdfc), picture(0x01020304)].map((tag) => framed(tag));
  const [group] = await scanGroups(await fileOf(marked(MarkKind.end, ...tags)), 0);
  expect(group).toMatchObject({ firstTimestamp: 0xfffefdfc, lastTimestamp: 0x01020304 });
});

test.each([
  ['tag is longer than what is read at a time', WINDOW + 5000],
  ['mark lies across the end of what is read at a time', WINDOW - 30],
  ['mark begins where what is read at a time ends', WINDOW],
  ['file ends where what is read at a time does', WINDOW - MARK_SIZE],
])('a group is found whose %s', async (_what, length) => {
  const { size, parts, ...tag } = keyFrame(0, 0);
  const rest = Buffer.alloc(length - 11 - size - 4, 7);
  const group = marked(MarkKind.end, framed({ ...tag, parts: [...parts, rest], size: size + rest.length }));
  expect(group.length).toBe(length + MARK_SIZE);
  const next = marked(MarkKind.end, framed(keyFrame(40)));
  expect(await scanGroups(await fileOf(group), 0)).toMatchObject([{ offset: 0, bytes: group.length }]);
  expect(await scanGroups(await fileOf(group, next), 0)).toMatchObject([
    { offset: 0, bytes: group.length },
    { offset: group.length, bytes: next.length },
  ]);
});
