import { readClip } from '@cloudpush/engine/sources';
import { AccessUnitSplitter } from '@cloudpush/muxer';
import { expect, test } from 'vitest';
import { keyPicture, repeatedPicture, smallestSizes } from './grey-pictures.js';
import { openSynthetic, pictureSizes } from './synthetic-source.js';

test('pictures have the bit rate, the frame rate and the key frames that are asked for', async () => {
  const source = await openSynthetic({ bitRate: 1_000_000, frameRate: 30, keyInterval: 1.5 });
  expect(source).toMatchObject({ video: 'h264', audio: 'aac', frameInterval: 1000 / 30 });
  const packets = await readClip(source.open());
  const pictures = packets.filter(({ kind }) => kind === 'video');
  const bytes = pictures.reduce((sum, { data }) => sum + data.length, 0);
  expect((bytes * 8) / (source.duration! / 1000)).toBeCloseTo(1_000_000, -2);
  expect(source.duration).toBeCloseTo((pictures.length * 1000) / 30);
  const keys = pictures.flatMap(({ keyFrame }, index) => (keyFrame ? [index] : []));
  expect(keys).toEqual([0, 45, 90, 135]);
});

test('sound lasts as long as the pictures, and packets come in the order of their times', async () => {
  const source = await openSynthetic({ bitRate: 500_000, frameRate: 25, keyInterval: 2 });
  const packets = await readClip(source.open());
  const times = packets.map(({ dts }) => dts);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  const sound = packets.filter(({ kind }) => kind === 'audio');
  const last = sound.at(-1)!;
  expect(Math.abs(last.dts + last.duration - source.duration!)).toBeLessThan(last.duration);
});

test('the splitter finds the pictures, and which are key frames', () => {
  const made = [keyPicture(0, 3000), repeatedPicture(1, 500), repeatedPicture(2, 500), keyPicture(1, 3000)];
  const splitter = new AccessUnitSplitter('h264');
  const found = [...splitter.push(Buffer.concat(made)), ...splitter.flush()];
  expect(found.map(({ keyFrame, data }) => [keyFrame, data.length])).toEqual([
    [true, 3000],
    [false, 500],
    [false, 500],
    [true, 3000],
  ]);
});

test('pictures are as large as they are wanted, but for one byte', () => {
  for (let size = 40; size < 2000; size++) {
    expect(Math.abs(repeatedPicture(3, size).length - size)).toBeLessThanOrEqual(1);
  }
});

test('every picture may be a key frame', () => {
  expect(pictureSizes({ bitRate: 8_000_000, frameRate: 50, keyInterval: 0.02 })).toEqual({
    ...{ key: 20_000, group: 1 },
    other: 4000,
  });
});

test('a bit rate that leaves no room for the pictures is refused, with what they need', () => {
  const { key } = smallestSizes();
  expect(() => pictureSizes({ bitRate: 10_000, frameRate: 25, keyInterval: 2 })).toThrow(
    `--bitrate 10000: too few for 25 pictures a second with a key frame every 2 s: a key frame has at least ${key} bytes`,
  );
});

test.each([
  [200_000_000, 1, 2],
  [2_000_000, 0.01, 2],
  [300_000_000, 10, 60],
])(
  'pictures that no RTMP message holds are refused: %i bit/s, %f a second',
  (bitRate, frameRate, keyInterval) => {
    let message = '';
    try {
      pictureSizes({ bitRate, frameRate, keyInterval });
    } catch (error) {
      ({ message } = error as Error);
    }
    expect(message).toMatch(
      new RegExp(
        `^--bitrate ${bitRate}: too many for ${frameRate} pictures a second .* of at most 16777151; --bitrate`,
      ),
    );
    // The bit rate that it advises is taken.
    const most = Number(/--bitrate (\d+) or less/.exec(message)![1]);
    const { key } = pictureSizes({ bitRate: most, frameRate, keyInterval });
    expect(key).toBeGreaterThan(16_000_000);
  },
);
