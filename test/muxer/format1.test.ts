// Recordings in format 1 decrypt as before; and those whose markers a server has dropped are never taken for
// clear ones.

import { FlvReader } from '@cloudpush/muxer';
import { describe, expect, test } from 'vitest';
import { fixture } from '../support/media.js';
import { copyOf, expectBothToDecrypt } from './decryption.js';
import { contents, decryptedFile, encryptedFile, keys } from './encrypted-file.js';
import { inFormat1 } from './format1.js';
import { fromFirstSlice, fromSecondKeyPicture, withoutSei } from './recordings.js';

const aac = { path: fixture('stereo-48k.aac'), codec: 'aac' } as const;
const videos = [
  { name: 'H.264', path: fixture('bframes.h264'), codec: 'h264', frameRate: 25 },
  { name: 'H.264 in slices', path: fixture('slices.h264'), codec: 'h264', frameRate: 25 },
  { name: 'H.265', path: fixture('bframes.h265'), codec: 'h265', frameRate: 25 },
] as const;

const PICTURES = 50;
const KEY_PICTURES = 2;

/** A stream in the clear, and in format 1. */
async function streams(video: (typeof videos)[number], mode: 'keyFrames' | 'allFrames') {
  const { clear } = await encryptedFile({ video, audio: aac }, 'none');
  const { encrypted } = await encryptedFile({ video, audio: aac, videoIsClear: true }, 'allFrames');
  return { clear, encrypted: inFormat1(encrypted, keys.audio, mode) };
}

describe.each(videos)('$name', (video) => {
  test.each(['allFrames', 'keyFrames'] as const)('%s decrypt, by both decryptors', async (mode) => {
    const { clear, encrypted } = await streams(video, mode);
    const tags = new FlvReader().push(clear).map((tag) => copyOf({ ...tag, parts: [tag.payload], size: 0 }));
    await expectBothToDecrypt(encrypted, [keys.audio, keys.video], tags);
    for (const part of [encrypted, fromSecondKeyPicture(encrypted)]) {
      expect(decryptedFile(part).counts).toMatchObject({ withoutKey: 0, damaged: 0, unmarked: 0 });
    }
  });

  test.each([
    ['all SEI', 'allFrames', PICTURES, withoutSei],
    ['all SEI', 'keyFrames', PICTURES, withoutSei],
    ['all in front of the first slice of each key picture', 'allFrames', KEY_PICTURES, fromFirstSlice],
  ] as const)(
    'without %s, pictures that cannot be decrypted are told (%s)',
    async (_, mode, pictures, drop) => {
      const { encrypted } = await streams(video, mode);
      const { counts, failures } = decryptedFile(drop(encrypted));
      expect(counts).toMatchObject({ withoutKey: 0, damaged: 0, unmarked: pictures });
      expect(failures[0]).toMatchObject({ track: 'video', reason: 'unmarked', from: 0 });
      expect(failures.reduce((sum, { samples }) => sum + samples, 0)).toBe(pictures);
    },
  );
});

test('a clear video track beside an encrypted one of sound is clear in format 2', async () => {
  const { encrypted } = await encryptedFile(
    { video: videos[0], audio: aac, videoIsClear: true },
    'allFrames',
  );
  const { counts, clear } = decryptedFile(encrypted);
  expect(counts).toMatchObject({ clear: PICTURES, unmarked: 0 });
  expect(contents(clear).video).toEqual(contents(encrypted).video);
});
