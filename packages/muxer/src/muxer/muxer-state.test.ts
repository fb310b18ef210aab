import { describe, expect, test } from 'vitest';
import type { FlvTag } from '../flv/flv-tag.js';
import { TagRole } from '../flv/flv-tag.js';
import type { AudioCodec, VideoCodec } from '../media-packet.js';
import { Muxer } from './muxer.js';
import type { MuxerOptions } from './muxer-options.js';

// NAL units of x264 and x265, as far as the muxer looks at them.
const avcSets = ['6764000aacd9457b011000000300100000030320f1225960', '68ebe3cb22c0'];
const avcIdr = '6588840047dae398';
const avcInter = '419a236c457fbc7c';
const hevcSets = [
  '40010c01ffff01600000030090000003000003001e959009',
  '42010101600000030090000003000003001ea028831659592e4caf016808000003000800000300c840',
  '4401c173d089',
];
const hevcIdr = '2801af1d80bc63fd';
const opusHead = '4f707573486561640102380180bb0000000000';

const annexB = (...nals: string[]): Buffer =>
  Buffer.from(nals.map((nal) => `00000001${nal}`).join(''), 'hex');

function video(muxer: Muxer, codec: VideoCodec, data: Uint8Array, time: number): FlvTag[] {
  const tags: FlvTag[] = [];
  muxer.video(codec, { data, headroom: 0, dts: time, pts: time }, tags);
  return tags;
}

function audio(muxer: Muxer, codec: AudioCodec, data: Uint8Array, time: number): FlvTag[] {
  const tags: FlvTag[] = [];
  muxer.audio(codec, { data, headroom: 0, dts: time, pts: time }, tags);
  return tags;
}

/** Another muxer, as if in another thread. */
function successor(muxer: Muxer, options: MuxerOptions = {}): Muxer {
  const resume = structuredClone({ state: muxer.state!, elapsed: muxer.elapsed });
  return new Muxer({ ...options, resume });
}

describe('a muxer that goes on with the stream of another', () => {
  test('knows the parameter sets that came only once, and keeps the clock', () => {
    const first = new Muxer();
    const [header] = video(first, 'h264', annexB(...avcSets, avcIdr), 5000);
    const second = successor(first);
    expect(second.videoParameters).toEqual(first.videoParameters);
    expect(second.sequenceHeaders(7)[0]!.parts).toEqual(header!.parts);
    const [frame, ...others] = video(second, 'h264', annexB(avcIdr), 5400);
    expect(others).toEqual([]);
    expect(frame).toMatchObject({ role: TagRole.keyFrame, timestamp: 400 });
    expect(video(second, 'h264', annexB(avcInter), 5440)[0]).toMatchObject({ timestamp: 440 });
  });

  test('sends H.265 in the form that was agreed on', () => {
    const first = new Muxer({ hevcForm: 'legacy' });
    video(first, 'h265', annexB(...hevcSets, hevcIdr), 0);
    const second = successor(first);
    expect(second.hevcForm).toBe('legacy');
    const [frame] = video(second, 'h265', annexB(hevcIdr), 40);
    expect(frame!.role).toBe(TagRole.keyFrame);
    expect(frame!.parts[0]![0]).toBe(0x1c);
  });

  test('knows the stream header of audio that came only once', () => {
    const first = new Muxer();
    audio(first, 'opus', Buffer.from(opusHead, 'hex'), 0);
    const [header] = audio(first, 'opus', Buffer.from('fc00', 'hex'), 0);
    const [again, frame] = audio(successor(first), 'opus', Buffer.from('fc00', 'hex'), 60);
    expect(again!.parts).toEqual(header!.parts);
    expect(frame).toMatchObject({ role: TagRole.audioFrame, timestamp: 60 });
  });

  test('goes on over the wrap of a 32-bit clock', () => {
    const first = new Muxer({ inputClock: 'wrapping32' });
    video(first, 'h264', annexB(...avcSets, avcIdr), 2 ** 32 - 1000);
    const second = successor(first, { inputClock: 'wrapping32' });
    expect(video(second, 'h264', annexB(avcIdr), 200)[0]!.timestamp).toBe(1200);
  });

  test('knows that the clock of the caller has been set, for both tracks', () => {
    const first = new Muxer();
    video(first, 'h264', annexB(...avcSets, avcIdr), 10_000);
    video(first, 'h264', annexB(avcInter), 10_040);
    const { origin } = first;
    expect(video(first, 'h264', annexB(avcIdr), 5080)[0]).toMatchObject({ timestamp: 80 });
    expect(first.origin).toBe(origin! - 5000);
    const second = successor(first);
    expect(video(second, 'h264', annexB(avcIdr), 5120)[0]).toMatchObject({ timestamp: 120 });
    expect(
      audio(second, 'mp3', Buffer.concat([Buffer.from('fffb10c0', 'hex'), Buffer.alloc(100)]), 5110),
    ).toMatchObject([{ timestamp: 110 }]);
  });

  test('has nothing to go by before the first tag', () => {
    expect(new Muxer().state).toBeUndefined();
  });
});
