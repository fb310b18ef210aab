import { describe, expect, test } from 'vitest';
import { type FlvTag, TagRole } from '../flv/flv-tag.js';
import { Muxer } from './muxer.js';
import type { MuxerOptions } from './muxer-options.js';

// NAL units of x264, as far as the muxer looks at them.
const sets = ['6764000aacd9457b011000000300100000030320f1225960', '68ebe3cb22c0'];
const otherPps = '68ebe3cb22c1';
const idr = '6588840047dae398';
const inter = '419a236c457fbc7c';
const adts = Buffer.from('fff14c80017ffc0000000000', 'hex').subarray(0, 11);

const annexB = (...nals: string[]): Buffer =>
  Buffer.from(nals.map((nal) => `00000001${nal}`).join(''), 'hex');

/** Of H.264 without decoding times, unless `dts` is given. */
function video(muxer: Muxer, data: Uint8Array, pts: number, dts = pts): FlvTag[] {
  const tags: FlvTag[] = [];
  muxer.video('h264', { data, headroom: 0, dts, pts }, tags);
  return tags;
}

function audio(muxer: Muxer, pts: number): FlvTag[] {
  const tags: FlvTag[] = [];
  muxer.audio('aac', { data: adts, headroom: 0, dts: pts, pts }, tags);
  return tags;
}

function started(options: MuxerOptions = {}): Muxer {
  const muxer = new Muxer(options);
  video(muxer, annexB(...sets, idr), 5000);
  video(muxer, annexB(inter), 5040);
  audio(muxer, 5050);
  return muxer;
}

describe('a muxer that begins another stream', () => {
  test('starts the clock from 0, keeps what parameter sets have told, and repeats no header', () => {
    const muxer = started();
    const headers = muxer.sequenceHeaders(0);
    const parameters = muxer.videoParameters;
    muxer.restart();
    const [frame, ...others] = video(muxer, annexB(idr), 9000);
    expect(others).toEqual([]);
    expect(frame).toMatchObject({ role: TagRole.keyFrame, timestamp: 0 });
    expect(video(muxer, annexB(inter), 9040)[0]).toMatchObject({ timestamp: 40 });
    expect(audio(muxer, 9030)).toMatchObject([{ role: TagRole.audioFrame, timestamp: 30 }]);
    expect(muxer.videoParameters).toBe(parameters);
    expect(muxer.sequenceHeaders(0)).toEqual(headers);
  });

  test('takes a source that begins its own times again', () => {
    for (const inputClock of ['native', 'wrapping32'] as const) {
      const muxer = started({ inputClock });
      muxer.restart();
      expect(video(muxer, annexB(idr), 0)[0]).toMatchObject({ timestamp: 0 });
      expect(audio(muxer, 10)[0]).toMatchObject({ timestamp: 10 });
    }
  });

  test('begins at a key frame, and the pictures before it leave no trace on the clock', () => {
    const muxer = started();
    muxer.restart();
    expect(() => video(muxer, annexB(inter), 8000)).toThrow(
      expect.objectContaining({ code: 'ERR_CLOUDPUSH_VIDEO_NO_KEY_FRAME' }),
    );
    expect(video(muxer, annexB(idr), 8400)[0]).toMatchObject({ role: TagRole.keyFrame, timestamp: 0 });
  });

  test('gives a new header out when the parameter sets have changed', () => {
    const muxer = started();
    muxer.restart();
    const [header, frame] = video(muxer, annexB(sets[0]!, otherPps, idr), 9000);
    expect(header).toMatchObject({ role: TagRole.videoSequenceHeader, timestamp: 0 });
    expect(frame).toMatchObject({ role: TagRole.keyFrame, timestamp: 0 });
  });

  test('derives decoding times from the new presentation times alone', () => {
    const muxer = new Muxer();
    for (const [i, nal] of [idr, inter, inter].entries())
      video(muxer, annexB(...sets, nal), 50_000 + i * 40, Number.NaN);
    muxer.restart();
    expect(video(muxer, annexB(idr), 100, Number.NaN)[0]).toMatchObject({ timestamp: 0 });
    expect(video(muxer, annexB(inter), 140, Number.NaN)[0]!.timestamp).toBeLessThanOrEqual(40);
  });

  test('stamps script data without a time with 0 until media has come', () => {
    const muxer = started();
    const data = { data: Buffer.from('020000', 'hex'), headroom: 0, dts: Number.NaN, pts: Number.NaN };
    const tags: FlvTag[] = [];
    muxer.scriptData(data, tags);
    muxer.restart();
    muxer.scriptData(data, tags);
    expect(tags.map(({ timestamp }) => timestamp)).toEqual([50, 0]);
  });
});
