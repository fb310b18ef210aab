import { FlvTag, type HevcForm, Muxer, TagRole, TagType } from '@cloudpush/muxer';
import { decodeAmf0, EcmaArray, encodeAmf0 } from '@cloudpush/transport';
import { expect, test } from 'vitest';
import { encodeStreamMetadata } from '../../metadata/on-meta-data.js';
import { roleOf } from '../../spool/spool-tag.js';
import { videoCodecId } from '../channel/track-codec-ids.js';
import { H264_KEY, H265_KEY } from '../testing/media.js';
import { fourCcOfHeader, tagInForm } from './hevc-form.js';

const forms = ['legacy', 'enhanced'] as const;
const ids = { legacy: 12, enhanced: videoCodecId('h265', 'enhanced')! };

function dataOf(body: Uint8Array) {
  return { type: TagType.scriptData, role: TagRole.data, timestamp: 0, parts: [body], size: body.length };
}

/**
 * A key frame and its header as they are muxed in a form, the picture to be shown so many ms after its time.
 */
function muxed(codec: 'h264' | 'h265', hevcForm: HevcForm, later: number): FlvTag[] {
  const tags: FlvTag[] = [];
  const data = codec === 'h264' ? H264_KEY : H265_KEY;
  const muxer = new Muxer({ hevcForm });
  muxer.video(codec, { data, headroom: 0, dts: 0, pts: later, configuration: undefined }, tags);
  const end = muxer.sequenceHeaders(0);
  return [...tags, ...end];
}

/** As it comes from disk: of one piece. */
function read({ type, timestamp, parts }: FlvTag): FlvTag {
  const body = Buffer.concat(parts);
  return new FlvTag(type, roleOf(type, body), timestamp, [body], body.length, 0);
}

function bytesOf(tag: { readonly parts: readonly Uint8Array[]; readonly size: number } | undefined): string {
  const bytes = Buffer.concat(tag!.parts);
  expect(tag!.size).toBe(bytes.length);
  return bytes.toString('hex');
}

test.each(forms)('a description of the stream on disk names the codec as the %s form does', (form) => {
  const other = form === 'legacy' ? 'enhanced' : 'legacy';
  const announced = { video: ids[other], audio: 10 };
  const body = encodeStreamMetadata(undefined, undefined, { audio: 0, video: 0 }, announced);
  // In two parts, as it may have been read.
  const given = { ...dataOf(body), parts: [body.subarray(0, 9), body.subarray(9)] };
  const made = tagInForm(given, form)!;
  const [before, after] = [body, Buffer.concat(made.parts)].map((bytes) => decodeAmf0(bytes));
  expect(made.size).toBe(Buffer.concat(made.parts).length);
  expect(after!.slice(0, 2)).toEqual(['@setDataFrame', 'onMetaData']);
  const { properties } = before![2] as EcmaArray;
  expect((after![2] as EcmaArray).properties).toEqual({ ...properties, videocodecid: ids[form] });
  expect(tagInForm(made, form)).toBe(made);
});

test.each([
  ['of another codec', encodeAmf0('onMetaData', new EcmaArray({ videocodecid: 7 }))],
  ['without fields', encodeAmf0('onMetaData')],
  ['another message', encodeAmf0('onTextData', { text: 'onMetaData', videocodecid: ids.enhanced })],
  ['no AMF at all', Buffer.from('ff00', 'hex')],
])('data stays what it is: %s', (_, body) => {
  const given = dataOf(body);
  for (const form of forms) expect(tagInForm(given, form)).toBe(given);
});

test.each([0, 40])('H.265 in one form is what the muxer makes in the other, %d ms apart', (later) => {
  const made = { legacy: muxed('h265', 'legacy', later), enhanced: muxed('h265', 'enhanced', later) };
  expect(made.legacy.map(({ role }) => role)).toContain(TagRole.keyFrame);
  for (const form of forms) {
    const other = form === 'legacy' ? 'enhanced' : 'legacy';
    expect(made[other].map((tag) => bytesOf(tagInForm(read(tag), form)))).toEqual(made[form].map(bytesOf));
    for (const tag of made[other]) {
      const turned = tagInForm(read(tag), form)!;
      expect([turned.type, turned.role, turned.timestamp]).toEqual([tag.type, tag.role, tag.timestamp]);
    }
    expect(fourCcOfHeader(read(made[form][0]!))).toBe('hvc1');
  }
});

test('what has no older form is left out of it, and the end of a sequence has one', () => {
  const metadata = Buffer.from('9468766331', 'hex');
  const tag = new FlvTag(TagType.video, TagRole.videoMetadata, 0, [metadata], metadata.length, 0);
  expect(tagInForm(tag, 'legacy')).toBeUndefined();
  expect(bytesOf(tagInForm(tag, 'enhanced'))).toBe('9468766331');
  const end = Buffer.from('1c02000000', 'hex');
  const ended = tagInForm(new FlvTag(TagType.video, TagRole.interFrame, 9, [end], end.length, 0), 'enhanced');
  expect(bytesOf(ended)).toBe('9268766331');
});

test('other codecs and sound stay what they are', () => {
  const sound = new FlvTag(TagType.audio, TagRole.audioFrame, 0, [Buffer.from('af01cc', 'hex')], 3, 0);
  for (const form of forms) {
    for (const tag of muxed('h264', 'enhanced', 0).map(read))
      expect(bytesOf(tagInForm(tag, form))).toBe(bytesOf(tag));
    expect(bytesOf(tagInForm(sound, form))).toBe('af01cc');
  }
  expect(fourCcOfHeader(read(muxed('h264', 'enhanced', 0)[0]!))).toBeUndefined();
});
