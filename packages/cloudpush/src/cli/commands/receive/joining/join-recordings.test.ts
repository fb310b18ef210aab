import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeWallClock, gapMetadata } from '@cloudpush/engine/spool';
import { FlvReader, FlvWriter, TagType } from '@cloudpush/muxer';
import { EcmaArray, encodeAmf0 } from '@cloudpush/transport';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FinishedRecording, joinRecordings } from './join-recordings.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cloudpush-join-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

const START = Date.UTC(2026, 10, 22, 11, 30);
const metadata = encodeAmf0('onMetaData', new EcmaArray({ width: 1920 }));
const videoHeader = Buffer.from('17000000000142001fffe1000467420000', 'hex');
const otherHeader = Buffer.from('17000000000142001fffe1000467420001', 'hex');

interface Tag {
  readonly type: 8 | 9 | 18;
  readonly timestamp: number;
  readonly body: Buffer;
}

/** A key frame, a sound and a picture; `number` is in the bytes of each. */
function group(number: number, timestamp: number): Tag[] {
  return [
    { type: TagType.video, timestamp, body: Buffer.from([0x17, 1, 0, 0, 0, number]) },
    { type: TagType.audio, timestamp: timestamp + 20, body: Buffer.from([0xaf, 1, number]) },
    { type: TagType.video, timestamp: timestamp + 40, body: Buffer.from([0x27, 1, 0, 0, 0, number]) },
  ];
}

function script(body: Buffer, timestamp = 0): Tag {
  return { type: TagType.scriptData, timestamp, body };
}

function header(body = videoHeader): Tag {
  return { type: TagType.video, timestamp: 0, body };
}

async function recorded(name: string, at: number, tags: readonly Tag[], cut = 0): Promise<FinishedRecording> {
  const writer = new FlvWriter();
  const parts = [writer.header()];
  for (const { type, timestamp, body } of tags)
    parts.push(...writer.tag({ type, timestamp, parts: [body], size: body.length }));
  const bytes = Buffer.concat(parts);
  const file = join(folder, `${name}-${at}.flv`);
  await writeFile(file, bytes.subarray(0, bytes.length - cut));
  return { app: 'live', name, file, startedAt: new Date(START + at) };
}

function gapTags(part: number, from: number, groups: readonly number[]): Tag[] {
  const facts = { gapOf: 'camera', gapStart: START + from, gapEnd: START + from + 1000, gapPart: part };
  return [
    script(gapMetadata(metadata, facts)),
    header(),
    ...groups.flatMap((number, i) => [
      script(encodeWallClock(START + number * 1000), i * 1000),
      ...group(number, i * 1000),
    ]),
  ];
}

async function tagsOf(file: string): Promise<Tag[]> {
  const tags = new FlvReader().push(await readFile(file));
  return tags.map(({ type, timestamp, payload }) => ({ type, timestamp, body: Buffer.from(payload) }));
}

test('a stream that broke off and its gaps become one file, bit by bit, in order and once', async () => {
  const live = [script(metadata), header(), ...[0, 1, 2].flatMap((i) => group(i, i * 1000))];
  const recordings = [
    await recorded('camera', 0, live, 12),
    await recorded('camera', 5000, [header(), ...group(5, 0), ...group(6, 1000)]),
    await recorded('camera-gap-b', 9000, gapTags(2, 4000, [4])),
    await recorded('camera-gap-a', 9500, gapTags(1, 2000, [2, 3])),
    await recorded('other', 0, live),
  ];
  const [joined, ...more] = await joinRecordings(folder, recordings);
  expect(more).toEqual([]);
  expect(joined).toMatchObject({ app: 'live', name: 'camera', recordings: 4, gaps: 2, groups: 7 });
  expect(await tagsOf(joined!.file)).toEqual([
    script(metadata),
    header(),
    ...[0, 1, 2, 3, 4, 5, 6].flatMap((i) => group(i, i * 1000)),
  ]);
});

test('headers that change between recordings go in front of what they are for', async () => {
  const [joined] = await joinRecordings(folder, [
    await recorded('camera', 4000, [header(otherHeader), ...group(4, 0)]),
    await recorded('camera-gap-c', 9000, gapTags(1, 2000, [2, 3])),
  ]);
  const tags = await tagsOf(joined!.file);
  expect(tags).toEqual([
    header(),
    ...group(2, 0),
    ...group(3, 1000),
    { ...header(otherHeader), timestamp: 2000 },
    ...group(4, 2000),
  ]);
});

test('sound alone is joined, too, second by second', async () => {
  const sounds = (from: number, count: number): Tag[] =>
    Array.from({ length: count }, (_, i) => ({
      type: TagType.audio,
      timestamp: i * 500,
      body: Buffer.from([0xaf, 1, from + i]),
    }));
  const facts = { gapOf: 'sound', gapStart: START, gapEnd: START + 2000, gapPart: 1 };
  const [joined] = await joinRecordings(folder, [
    await recorded('sound', 2000, sounds(4, 4)),
    await recorded('sound-gap', 9000, [
      script(gapMetadata(undefined, facts)),
      script(encodeWallClock(START)),
      ...sounds(0, 4),
    ]),
  ]);
  const numbers = (await tagsOf(joined!.file)).filter(({ type }) => type === TagType.audio);
  expect(numbers.map(({ body }) => body[2])).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
});

test('a name that is no file name makes none of its own', async () => {
  const facts = { gapOf: '../../etc/x', gapStart: START, gapEnd: START, gapPart: 1 };
  const [joined] = await joinRecordings(folder, [
    await recorded('gap', 0, [script(gapMetadata(undefined, facts)), header(), ...group(1, 0)]),
  ]);
  expect(joined!.file).toBe(join(folder, 'live_etc-x_joined.flv'));
});
