import { expect, test } from 'vitest';
import { FlvDemuxer } from '../flv/flv-demuxer.js';
import { type FlvTag, TagRole } from '../flv/flv-tag.js';
import { Muxer } from './muxer.js';

// FLV E.4.2.1: SoundFormat 7 or 8, SoundRate 0, 16 bits, mono; FFmpeg writes the same.
const cases = [
  ['g711a', 7, 0x72],
  ['g711u', 8, 0x82],
] as const;

test.each(cases)('%s is sound format %i behind one byte, and comes back', (codec, format, header) => {
  const muxer = new Muxer();
  const tags: FlvTag[] = [];
  const memory = new Uint8Array(16 + 160).fill(0xd5);
  const data = memory.subarray(16);
  muxer.audio(codec, { data, headroom: 16, dts: 100, pts: 100 }, tags);
  muxer.audio(codec, { data: Uint8Array.of(0xd5, 0x55), headroom: 0, dts: 120, pts: 120 }, tags);
  expect(tags.map(({ role }) => role)).toEqual([TagRole.audioFrame, TagRole.audioFrame]);
  expect(tags.map(({ timestamp }) => timestamp)).toEqual([0, 20]);
  expect(tags[0]!.parts).toHaveLength(1);
  expect(tags[0]).toMatchObject({ size: 161, headroom: 15 });
  expect(tags[0]!.parts[0]!.buffer).toBe(memory.buffer);
  expect(Buffer.concat(tags[1]!.parts)).toEqual(Buffer.of(header, 0xd5, 0x55));
  expect(muxer.audioParameters).toEqual({
    codec,
    sampleRate: 8000,
    channels: 1,
    sampleSize: 16,
    objectType: undefined,
    audioCodecId: format,
    samplesPerFrame: undefined,
  });
  expect(muxer.sequenceHeaders(0)).toEqual([]);
  const unit = new FlvDemuxer().demux({ type: 8, timestamp: 20, payload: Buffer.concat(tags[1]!.parts) });
  expect(unit).toMatchObject({ kind: 'sample', track: 'audio', codec, dts: 20 });
  expect(Buffer.from(unit!.data)).toEqual(Buffer.of(0xd5, 0x55));
});

test.each(cases)('an empty packet of %s is refused, and so is one that no message holds', (codec) => {
  const muxer = new Muxer();
  const send = (size: number) =>
    muxer.audio(codec, { data: new Uint8Array(size), headroom: 0, dts: 0, pts: 0 }, []);
  expect(() => send(0)).toThrow(expect.objectContaining({ code: 'ERR_CLOUDPUSH_AUDIO_EMPTY' }));
  expect(() => send(0xff_ff_ff)).toThrow(expect.objectContaining({ code: 'ERR_CLOUDPUSH_AUDIO_TOO_LARGE' }));
  send(0xff_ff_fe);
});
