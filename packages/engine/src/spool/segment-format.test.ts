import { crc32 } from 'node:zlib';
import { FlvReader } from '@cloudpush/muxer';
import { decodeAmf0, type EcmaArray } from '@cloudpush/transport';
import { expect, test } from 'vitest';
import {
  decodeMark,
  encodeMark,
  encodeSegmentStart,
  looksLikeMark,
  MARK_SIZE,
  MarkKind,
} from './segment-format.js';
import type { SpoolTag } from './spool-tag.js';
import { HEADERS, SOUND_HEADERS } from './testing/tags.js';

const START = Date.UTC(2026, 10, 22, 11, 30);
const facts = { gap: 7, segment: 3, gapStart: START };

test('a mark is the bytes that the document says', () => {
  const mark = encodeMark({ kind: MarkKind.end, firstWall: 1, lastWall: 2 }, 0x01020304, 0);
  const crc = Buffer.alloc(8);
  crc.writeDoubleBE(crc32(mark.subarray(0, 52)));
  const fields = ['12000032', '02030401', '000000', '02000b6f6e53706f6f6c4d61726b'];
  const numbers = ['4000000000000000', '3ff0000000000000', '4000000000000000', crc.toString('hex')];
  expect(mark.toString('hex')).toBe(
    `${fields.join('')}${numbers.map((each) => `00${each}`).join('')}0000003d`,
  );
  expect(mark).toHaveLength(MARK_SIZE);
});

test('a mark is read as it was written, and script data of other kinds is none', () => {
  const mark = { kind: MarkKind.within, firstWall: START, lastWall: START + 40 };
  const bytes = encodeMark(mark, 0, 7);
  const body = bytes.subarray(11, -4);
  expect(decodeMark(18, body)).toEqual({ ...mark, crc: crc32(bytes.subarray(0, 52), 7) });
  expect(decodeMark(9, body)).toBeUndefined();
  expect(decodeMark(18, body.subarray(1))).toBeUndefined();
  const other = Buffer.from(body);
  other[5]! ^= 1;
  expect(decodeMark(18, other)).toBeUndefined();
  const withBoolean = Buffer.from(body);
  withBoolean[body.length - 9] = 1;
  expect(decodeMark(18, withBoolean)).toBeUndefined();
});

test('a segment begins as an FLV file that says what it is, with the headers of its stream', () => {
  const bytes = encodeSegmentStart(facts, HEADERS);
  const reader = new FlvReader();
  const [own, ...rest] = reader.push(bytes);
  expect(reader.header).toEqual({ hasAudio: true, hasVideo: true });
  expect(reader.end()).toEqual({ truncatedBytes: 0, previousTagSizeErrors: 0 });
  const [name, fields] = decodeAmf0(own!.payload);
  expect(name).toBe('onSpoolSegment');
  expect((fields as EcmaArray).properties).toEqual({
    version: 1,
    gap: 7,
    gapPart: 3,
    gapStart: '2026-11-22T11:30:00.000Z',
  });
  const mark = rest.pop()!;
  expect(rest.map(({ payload }) => Buffer.from(payload))).toEqual(
    HEADERS.map(({ parts }) => Buffer.concat(parts)),
  );
  expect(decodeMark(mark.type, Buffer.from(mark.payload))).toEqual({
    kind: MarkKind.headers,
    crc: crc32(bytes.subarray(0, -13)),
    firstWall: START,
    lastWall: START,
  });
});

test('the file header tells which tracks there are', () => {
  const reader = new FlvReader();
  reader.push(encodeSegmentStart(facts, SOUND_HEADERS));
  expect(reader.header).toEqual({ hasAudio: true, hasVideo: false });
});

test.each([
  ['pictures alone', HEADERS.filter(({ type }) => type === 9), { hasAudio: false, hasVideo: true }],
  ['nothing that is known', [], { hasAudio: true, hasVideo: false }],
])('the file header of a stream with %s says so', (_what, headers, tracks) => {
  const reader = new FlvReader();
  reader.push(encodeSegmentStart(facts, headers));
  expect(reader.header).toEqual(tracks);
});

test('a tag looks like a mark by its type and bytes, whatever parts they come in', () => {
  const body = encodeMark({ kind: MarkKind.end, firstWall: 1, lastWall: 2 }, 0, 7).subarray(11, -4);
  const tag = {
    type: 18,
    role: 6,
    timestamp: 0,
    size: body.length,
    parts: [body.subarray(0, 9), body.subarray(9)],
  };
  expect(looksLikeMark(tag as SpoolTag)).toBe(true);
  expect(looksLikeMark({ ...tag, type: 9 } as SpoolTag)).toBe(false);
  const other = Buffer.from(body);
  other[5]! ^= 1;
  expect(looksLikeMark({ ...tag, parts: [other] } as SpoolTag)).toBe(false);
  expect(looksLikeMark({ ...tag, size: 9, parts: [body.subarray(0, 9)] } as SpoolTag)).toBe(false);
});
