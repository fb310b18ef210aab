import { TagRole, TagType } from '@cloudpush/muxer';
import { decodeAmf0, EcmaArray, encodeAmf0 } from '@cloudpush/transport';
import { expect, test } from 'vitest';
import { encodeStreamMetadata } from '../../metadata/on-meta-data.js';
import { videoCodecId } from '../channel/track-codec-ids.js';
import { legacyFormOf } from './legacy-form.js';

const ENHANCED = videoCodecId('h265', 'enhanced')!;

function dataOf(body: Uint8Array) {
  return { type: TagType.scriptData, role: TagRole.data, timestamp: 0, parts: [body], size: body.length };
}

test('a description of the stream on disk names the codec as the older form does', () => {
  const announced = { video: ENHANCED, audio: 10 };
  const body = encodeStreamMetadata(undefined, undefined, { audio: 0, video: 0 }, announced);
  // In two parts, as it may have been read.
  const given = { ...dataOf(body), parts: [body.subarray(0, 9), body.subarray(9)] };
  const made = legacyFormOf(given)!;
  const [before, after] = [body, Buffer.concat(made.parts)].map((bytes) => decodeAmf0(bytes));
  expect(made.size).toBe(Buffer.concat(made.parts).length);
  expect(after!.slice(0, 2)).toEqual(['@setDataFrame', 'onMetaData']);
  const { properties } = before![2] as EcmaArray;
  expect((after![2] as EcmaArray).properties).toEqual({ ...properties, videocodecid: 12 });
});

test.each([
  ['of another codec', encodeAmf0('onMetaData', new EcmaArray({ videocodecid: 7 }))],
  ['without fields', encodeAmf0('onMetaData')],
  ['another message', encodeAmf0('onTextData', { text: 'onMetaData', videocodecid: ENHANCED })],
  ['no AMF at all', Buffer.from('ff00', 'hex')],
])('data stays what it is: %s', (_, body) => {
  const given = dataOf(body);
  expect(legacyFormOf(given)).toBe(given);
});
