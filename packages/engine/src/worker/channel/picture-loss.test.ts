import { MuxerError } from '@cloudpush/muxer';
import { expect, test } from 'vitest';
import { PictureLoss } from './picture-loss.js';

const early = new MuxerError('ERR_CLOUDPUSH_VIDEO_NO_KEY_FRAME');
const earlyAv1 = new MuxerError('ERR_CLOUDPUSH_AV1_NO_SEQUENCE_HEADER');
const broken = new MuxerError('ERR_CLOUDPUSH_ADTS_CUT_OFF');

test('that a key frame must come first is no news while one is awaited, and news when none is', () => {
  const loss = new PictureLoss(true);
  expect([early, earlyAv1, broken].map((error) => loss.explains(error, true))).toEqual([true, true, false]);
  loss.end();
  expect(loss.explains(early, true)).toBe(false);
  loss.begin();
  expect(loss.explains(early, true)).toBe(true);
});

test('a picture that is refused takes those along that refer to it, and sound takes none', () => {
  const loss = new PictureLoss(false);
  expect([loss.explains(broken, false), loss.explains(early, true)]).toEqual([false, false]);
  expect([loss.explains(broken, true), loss.explains(early, true)]).toEqual([false, true]);
});

test('a fault of ours is explained by nothing', () => {
  expect(new PictureLoss(true).explains(new TypeError('no such field'), true)).toBe(false);
});
