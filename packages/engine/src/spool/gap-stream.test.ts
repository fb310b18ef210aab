import { decodeAmf0, EcmaArray, encodeAmf0 } from '@cloudpush/transport';
import { expect, test } from 'vitest';
import { encodeWallClock, gapMetadata, readGapFacts, readWallClock } from './gap-stream.js';

const START = Date.UTC(2026, 10, 22, 11, 30, 5, 7);
const facts = { gapOf: 'camera', gapStart: START, gapEnd: START + 60_000, gapPart: 2 };

test('metadata of a gap has the fields of the stream, and its times in ISO 8601', () => {
  const own = encodeAmf0('@setDataFrame', 'onMetaData', new EcmaArray({ width: 1920, duration: 0 }));
  const [name, fields] = decodeAmf0(gapMetadata(own, facts));
  expect(name).toBe('onMetaData');
  expect((fields as EcmaArray).properties).toEqual({
    width: 1920,
    duration: 0,
    gapOf: 'camera',
    gapStart: '2026-11-22T11:30:05.007Z',
    gapEnd: '2026-11-22T11:31:05.007Z',
    gapPart: 2,
  });
});

test('facts of a gap are read as they were written, also where the stream had no metadata', () => {
  expect(readGapFacts(gapMetadata(undefined, facts))).toEqual(facts);
});

test.each([
  ['other metadata', encodeAmf0('onMetaData', new EcmaArray({ width: 1920 }))],
  ['a time that is none', encodeAmf0('onMetaData', { gapOf: 'a', gapStart: 'x', gapEnd: 'y', gapPart: 1 })],
  ['no object', encodeAmf0('onMetaData', 'text')],
  ['null', encodeAmf0('onMetaData', null)],
  ['other script data', encodeAmf0('onTextData', { gapOf: 'a' })],
  ['bytes that are no AMF', Buffer.from([2, 255, 255])],
  ['nothing', Buffer.alloc(0)],
])('%s tells of no gap', (_what, body) => {
  expect(readGapFacts(body)).toBeUndefined();
  expect(readWallClock(body)).toBeUndefined();
});

test('a wall clock is a date and a time, in UTC', () => {
  const body = encodeWallClock(START);
  expect(decodeAmf0(body)).toEqual(['onFI', { sd: '22-11-2026', st: '11:30:05.007' }]);
  expect(readWallClock(body)).toBe(START);
});

test.each([
  [{ sd: '2026-11-22', st: '11:30:05.007' }],
  [{ sd: '22-11-2026', st: 'noon' }],
  [{ sd: '22-11-2026' }],
  [{ st: '11:30:05.007' }],
])('a wall clock %j is none', (fields) => {
  expect(readWallClock(encodeAmf0('onFI', fields))).toBeUndefined();
});

const WHOLE = { gapOf: 'a', gapStart: '2026-11-22T11:30:05Z', gapEnd: '2026-11-22T11:31:05Z', gapPart: 1 };

test('facts are those of metadata only, and only where all of them are there', () => {
  expect(readGapFacts(encodeAmf0('onMetaData', WHOLE))).toMatchObject({ gapOf: 'a', gapPart: 1 });
  expect(readGapFacts(encodeAmf0('onTextData', WHOLE))).toBeUndefined();
  for (const wrong of [{ gapOf: 1 }, { gapPart: '1' }, { gapStart: 'x' }, { gapEnd: 'x' }])
    expect(readGapFacts(encodeAmf0('onMetaData', { ...WHOLE, ...wrong }))).toBeUndefined();
});
