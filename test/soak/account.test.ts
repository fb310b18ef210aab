import type { DestinationTotals } from '@cloudpush/engine';
import { expect, test } from 'vitest';
import { accountOf } from './account.js';
import type { Stretch } from './far-report.js';

const zero: DestinationTotals = {
  videoFrames: 0,
  audioFrames: 0,
  dataMessages: 0,
  bytesSent: 0,
  droppedDisposable: 0,
  droppedPictures: 0,
  droppedAudio: 0,
  droppedUndecodable: 0,
  lostPictures: 0,
  lostAudio: 0,
  reconnects: 0,
  moves: 0,
};
const accepted = { pictures: 6, frames: 4 };
const stretch = (first: number, last: number, pictures: number, frames: number): Stretch => ({
  first,
  last,
  pictures,
  frames,
  altered: 0,
  disordered: 0,
});

test('everything arrived', () => {
  const stats = { ...zero, videoFrames: 6, audioFrames: 4 };
  expect(accountOf(accepted, stats, [stretch(0, 9, 6, 4)])).toEqual({
    accepted: 10,
    arrived: 10,
    counted: 0,
    lostWithConnections: 0,
    unaccounted: 0,
  });
});

test('what was dropped, lost, and lost with a connection is accounted for, in whichever order the streams came', () => {
  const stats = {
    ...zero,
    videoFrames: 4,
    audioFrames: 3,
    droppedPictures: 1,
    droppedAudio: 1,
    lostPictures: 1,
  };
  expect(accountOf(accepted, stats, [stretch(6, 8, 1, 1), stretch(0, 3, 2, 2)])).toMatchObject({
    arrived: 6,
    counted: 3,
    lostWithConnections: 1,
    unaccounted: 0,
  });
});

test.each([
  ['a packet that nobody counted', { videoFrames: 5, audioFrames: 4 }, stretch(0, 8, 5, 4)],
  ['one that was counted twice', { videoFrames: 6, audioFrames: 4, droppedAudio: 1 }, stretch(0, 9, 6, 4)],
  ['a hole in the midst of a stream', { videoFrames: 6, audioFrames: 4 }, stretch(0, 9, 5, 4)],
  ['more than was sent', { videoFrames: 5, audioFrames: 4, lostPictures: 1 }, stretch(0, 9, 6, 4)],
  ['an altered one', { videoFrames: 6, audioFrames: 4 }, { ...stretch(0, 9, 6, 4), altered: 1 }],
  ['one that came late', { videoFrames: 6, audioFrames: 4 }, { ...stretch(0, 9, 6, 4), disordered: 1 }],
] as const)('%s is not', (_what, stats, arrived) => {
  expect(accountOf(accepted, { ...zero, ...stats }, [arrived]).unaccounted).toBeGreaterThan(0);
});

test('nor are streams that overlap', () => {
  const stats = { ...zero, videoFrames: 6, audioFrames: 4 };
  expect(accountOf(accepted, stats, [stretch(0, 5, 3, 3), stretch(5, 8, 3, 1)]).unaccounted).toBe(1);
});
