import { describe, expect, test } from 'vitest';
import { readAudioTagHeader } from './audio-tag-header.js';
import { readVideoTagHeader } from './video-tag-header.js';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const fourCc = (text: string): string => Buffer.from(text, 'latin1').toString('hex');

const none = { codec: undefined, keyFrame: false, compositionTimeOffset: 0, position: 0 };

// FLV 10.1 E.4.3.1, with the CodecID 12 of H.265, and ExVideoTagHeader of Enhanced RTMP v2, written out.
describe('readVideoTagHeader', () => {
  test.each([
    ['17 00 000000 01', { content: 'sequenceHeader', enhanced: false, codec: 'h264', position: 5 }],
    ['17 01 000050 aa', { content: 'frame', keyFrame: true, codec: 'h264', compositionTimeOffset: 80 }],
    ['27 01 ffffd8 aa', { content: 'frame', keyFrame: false, compositionTimeOffset: -40, position: 5 }],
    ['2c 01 000000 aa', { content: 'frame', enhanced: false, codec: 'h265' }],
    ['17 02 000000', { content: 'endOfSequence', enhanced: false, ...none }],
    ['17 09 000000', { content: 'other', enhanced: false, ...none }],
    ['57 00', { content: 'command', enhanced: false, ...none }],
    [`90 ${fourCc('hvc1')} 01`, { content: 'sequenceHeader', enhanced: true, codec: 'h265', position: 5 }],
    [
      `91 ${fourCc('hvc1')} 000028 aa`,
      { content: 'frame', keyFrame: true, compositionTimeOffset: 40, position: 8 },
    ],
    [`a3 ${fourCc('avc1')} aa`, { content: 'frame', keyFrame: false, codec: 'h264', position: 5 }],
    [`a1 ${fourCc('av01')} aa`, { content: 'frame', codec: 'av1', compositionTimeOffset: 0, position: 5 }],
    [`97 02 000001 01 ${fourCc('vp09')}`, { content: 'frame', codec: 'vp9', position: 10 }],
    [`92 ${fourCc('hvc1')}`, { content: 'endOfSequence', enhanced: true, ...none }],
    [`94 ${fourCc('hvc1')} 02`, { content: 'metadata', enhanced: true, ...none }],
    ['96 01', { content: 'multitrack', enhanced: true, ...none }],
    ['d1', { content: 'command', enhanced: true, ...none }],
  ])('%s', (payload, expected) => {
    expect(readVideoTagHeader(hex(payload))).toMatchObject(expected);
  });

  test.each([
    ['12', 'ERR_CLOUDPUSH_FLV_CODEC'],
    ['91 00000000 00', 'ERR_CLOUDPUSH_FLV_CODEC'],
    ['17 01 0000', 'ERR_CLOUDPUSH_FLV_TAG_INVALID'],
    [`91 ${fourCc('hvc1')} 0000`, 'ERR_CLOUDPUSH_FLV_TAG_INVALID'],
    [`95 ${fourCc('hvc1')}`, 'ERR_CLOUDPUSH_FLV_TAG_INVALID'],
  ])('%s is refused', (payload, code) => {
    expect(() => readVideoTagHeader(hex(payload))).toThrow(expect.objectContaining({ code }));
  });
});

// FLV 10.1 E.4.2.1 and ExAudioTagHeader, written out.
describe('readAudioTagHeader', () => {
  test.each([
    ['af 00 1190', { content: 'sequenceHeader', enhanced: false, codec: 'aac', position: 2 }],
    ['af 01 21', { content: 'frame', enhanced: false, codec: 'aac', position: 2 }],
    ['2f ff', { content: 'frame', enhanced: false, codec: 'mp3', position: 1 }],
    ['ee ff', { content: 'frame', enhanced: false, codec: 'mp3', position: 1 }],
    [`90 ${fourCc('Opus')}`, { content: 'sequenceHeader', enhanced: true, codec: 'opus', position: 5 }],
    [`91 ${fourCc('ac-3')}`, { content: 'frame', enhanced: true, codec: 'ac3', position: 5 }],
    [`92 ${fourCc('mp4a')}`, { content: 'endOfSequence', enhanced: true, codec: 'aac' }],
    [`94 ${fourCc('mp4a')} 00`, { content: 'metadata', enhanced: true, codec: 'aac' }],
    ['95 01', { content: 'multitrack', enhanced: true, codec: undefined }],
  ])('%s', (payload, expected) => {
    expect(readAudioTagHeader(hex(payload))).toMatchObject(expected);
  });

  test.each([
    ['3f', 'ERR_CLOUDPUSH_FLV_CODEC'],
    ['91 00000000', 'ERR_CLOUDPUSH_FLV_CODEC'],
    ['af', 'ERR_CLOUDPUSH_FLV_TAG_INVALID'],
    [`93 ${fourCc('mp4a')}`, 'ERR_CLOUDPUSH_FLV_TAG_INVALID'],
  ])('%s is refused', (payload, code) => {
    expect(() => readAudioTagHeader(hex(payload))).toThrow(expect.objectContaining({ code }));
  });
});
