import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readClip } from './files/clip.js';
import { type OpenSourceOptions, openSource } from './open-source.js';
import { play } from './pacing/play.js';
import type { SourcePacket } from './packet.js';

/** Files of foreign encoders: 2 s at 25 frames a second unless the name says otherwise. */
const fixture = (name: string) =>
  fileURLToPath(new URL(`../../../../test/fixtures/${name}`, import.meta.url));

/**
 * An SPS of the Baseline profile without VUI, a PPS, an IDR picture and a P picture, bit by bit after
 * 14496-10 7.3.
 */
const WITHOUT_RATE = Buffer.from(
  '00000001 6742001eda79 00000001 68ce3880 00000001 658884218040 00000001 419a22180420'.replaceAll(' ', ''),
  'hex',
);

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cloudpush-source-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function file(name: string, content: Uint8Array | string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

async function folderNamed(name: string): Promise<string> {
  return (await mkdir(join(folder, name), { recursive: true })) ?? join(folder, name);
}

async function read(files: string[], options?: OpenSourceOptions): Promise<SourcePacket[]> {
  return await readClip((await openSource(files, options)).open());
}

/** Tells the difference where there is one; looking for it would take long. */
function expectSame(found: SourcePacket[], expected: SourcePacket[]): void {
  if (!isDeepStrictEqual(found, expected)) expect(found).toEqual(expected);
}

function times(packets: SourcePacket[], kind: 'video' | 'audio'): [number, number][] {
  return packets
    .filter((packet) => packet.kind === kind)
    .map(({ dts, pts }) => [Math.round(dts), Math.round(pts)]);
}

describe('elementary files', () => {
  test.each([
    ['plain.h264', 'h264', 50],
    ['slices.h264', 'h264', 50],
    ['short-start-codes.h264', 'h264', 50],
    ['plain.h265', 'h265', 50],
  ])('%s is one packet a picture, at the rate that the stream tells', async (name, codec, count) => {
    const source = await openSource([fixture(name)]);
    expect(source).toMatchObject({
      name,
      video: codec,
      audio: undefined,
      frameInterval: 40,
      duration: 2000,
      notices: [],
    });
    const packets = await readClip(source.open());
    expect(packets).toHaveLength(count);
    expect(packets.map(({ dts }) => dts)).toEqual(packets.map((_, index) => index * 40));
    expect(packets[0]?.keyFrame).toBe(true);
  });

  test.each(['bframes.h264', 'bframes.h265'])(
    '%s is presented in the order of its picture order counts',
    async (name) => {
      // As ffprobe tells of the same pictures in an FLV file.
      const expected = [
        [0, 80],
        [40, 240],
        [80, 160],
        [120, 120],
      ];
      const found = times(await read([fixture(name)]), 'video');
      expect(found.slice(0, 4)).toEqual(expected);
      expect(found.every(([dts, pts]) => pts >= dts)).toBe(true);
      expect(new Set(found.map(([, pts]) => pts)).size).toBe(50);
    },
  );

  test('a frame rate that is given wins over that of the stream', async () => {
    const source = await openSource([fixture('ntsc.h264')], { frameRate: 50 });
    expect(source.frameInterval).toBe(20);
    expect((await openSource([fixture('ntsc.h264')])).frameInterval).toBeCloseTo(1001 / 30, 9);
  });

  test('a stream without a frame rate is played at 25, and says so', async () => {
    const path = await file('no-rate.h264', WITHOUT_RATE);
    const source = await openSource([path]);
    expect(source.frameInterval).toBe(40);
    expect(source.notices).toEqual([
      `${path}: the stream does not tell its frame rate: 25 frames a second are assumed`,
    ]);
  });

  test.each([
    ['stereo-48k.aac', 'aac', 1024 / 48],
    ['mono-16k.aac', 'aac', 64],
    ['stereo-44k.mp3', 'mp3', 1152 / 44.1],
    ['mono-22k.mp3', 'mp3', 576 / 22.05],
  ])('%s is one packet a frame, timed by its samples', async (name, codec, duration) => {
    const source = await openSource([fixture(name)]);
    expect(source).toMatchObject({ video: undefined, audio: codec, notices: [] });
    const packets = await readClip(source.open());
    for (const [index, packet] of packets.entries()) expect(packet.dts).toBeCloseTo(index * duration, 6);
    expect(source.duration).toBeCloseTo(packets.length * duration, 6);
  });
});

describe('pairs', () => {
  test('a video and an audio file are one source, whichever is named first', async () => {
    const packets = await read([fixture('stereo-48k.aac'), fixture('bframes.h264')]);
    const dts = packets.map((packet) => packet.dts);
    expect(dts).toEqual(dts.toSorted((a, b) => a - b));
    expect(times(packets, 'audio')[0]).toEqual([80, 80]);
    expect(times(packets, 'video')[0]).toEqual([0, 80]);
  });

  test.each([
    ['two videos', ['plain.h264', 'plain.h265']],
    ['two sounds', ['stereo-48k.aac', 'stereo-44k.mp3']],
    ['a container and a sound', ['plain.flv', 'stereo-48k.aac']],
    ['three files', ['plain.h264', 'stereo-48k.aac', 'stereo-44k.mp3']],
  ])('%s do not go together', async (_name, names) => {
    await expect(openSource(names.map(fixture))).rejects.toMatchObject({
      code: 'ERR_CLOUDPUSH_SOURCE_UNSUPPORTED',
    });
  });
});

describe('FLV files', () => {
  test('both tracks come with the times of the file', async () => {
    const source = await openSource([fixture('bframes.flv')]);
    expect(source).toMatchObject({ video: 'h264', audio: 'aac', frameInterval: 40 });
    const packets = await readClip(source.open());
    expect(times(packets, 'video').slice(0, 3)).toEqual([
      [0, 80],
      [40, 240],
      [80, 160],
    ]);
    expect(times(packets, 'audio').slice(0, 3)).toEqual([
      [80, 80],
      [101, 101],
      [123, 123],
    ]);
  });

  test('the first picture brings its parameter sets along', async () => {
    const [first] = await read([fixture('plain.flv')]);
    expect([...first!.data.subarray(0, 5)]).toEqual([0, 0, 0, 1, 0x67]);
  });

  test('a file that was cut off is played as far as it goes, with a notice', async () => {
    const bytes = await readFile(fixture('plain.flv'));
    const path = await file('cut.flv', bytes.subarray(0, bytes.length - 100));
    const source = await openSource([path]);
    expect(source.notices).toHaveLength(1);
    expect(source.notices[0]).toMatch(/cut\.flv: the last tag is cut off/);
  });
});

describe('large files', () => {
  test.each([
    ['an H.264 and an AAC file', ['bframes.h264', 'stereo-48k.aac']],
    ['an MP3 file', ['stereo-44k.mp3']],
    ['an H.265 file', ['plain.h265']],
  ])('%s give the same packets when they are read piece by piece', async (_name, names) => {
    const files = names.map(fixture);
    const streamed = await openSource(files, { maxClipSize: 0 });
    expect(streamed.duration).toBeUndefined();
    expectSame(await readClip(streamed.open()), await read(files));
    expectSame(await readClip(play(streamed, 3)), await readClip(play(await openSource(files), 3)));
  });

  test('an FLV file gives the same packets, but for guessed durations', async () => {
    const withoutDuration = (packets: SourcePacket[]) =>
      packets.map((packet) => ({ ...packet, duration: 0 }));
    const streamed = await read([fixture('bframes.flv')], { maxClipSize: 0 });
    expectSame(withoutDuration(streamed), withoutDuration(await read([fixture('bframes.flv')])));
  });
});

describe('what is wrong with a file is said with its name', () => {
  const cases: [name: string, content: string | Uint8Array, code: string, what: RegExp][] = [
    ['empty.h264', '', 'EMPTY', /empty\.h264: the file is empty/],
    ['empty.flv', '', 'EMPTY', /the file is empty/],
    [
      'text.h264',
      'this is no video at all',
      'INVALID',
      /text\.h264, byte 0: a start code 00 00 01 was expected, found 74 68 69/,
    ],
    ['text.aac', 'this is no sound at all', 'INVALID', /text\.aac, byte 0: no ADTS frame was found/],
    ['text.mp3', 'this is no sound at all', 'INVALID', /no MP3 frame was found/],
    ['text.flv', 'this is no container', 'INVALID', /text\.flv: the file does not begin with an FLV header/],
    ['zeros.h265', new Uint8Array(5000), 'INVALID', /byte 0: a start code/],
    [
      'clip.mp4',
      'ftyp',
      'UNSUPPORTED',
      /clip\.mp4: the format is not recognized: the name does not end in one of \.h264 .*; give it with --format/,
    ],
  ];

  test.each(cases)('%s', async (name, content, code, what) => {
    const opening = openSource([await file(name, content)]);
    await expect(opening).rejects.toThrow(what);
    await expect(opening).rejects.toMatchObject({ code: `ERR_CLOUDPUSH_SOURCE_${code}` });
  });

  test('H.265 in a file that is named H.264, and the other way round', async () => {
    const h265 = await file('wrong.h264', await readFile(fixture('plain.h265')));
    await expect(openSource([h265])).rejects.toThrow(/this is H\.265, and the file name says H\.264/);
    const h264 = await file('wrong.hevc', await readFile(fixture('plain.h264')));
    await expect(openSource([h264])).rejects.toThrow(/this is H\.264, and the file name says H\.265/);
  });

  test.each(['plain.flv', 'stereo-48k.aac'])('a frame rate for %s, which has its own times', async (name) => {
    await expect(openSource([fixture(name)], { frameRate: 25 })).rejects.toMatchObject({
      code: 'ERR_CLOUDPUSH_SOURCE_UNSUPPORTED',
      message: expect.stringMatching(/a frame rate can be set for raw video only$/),
    });
  });

  test('a file that is not there, and a folder', async () => {
    await expect(openSource([await folderNamed('folder.h264')])).rejects.toThrow(
      /folder\.h264: this is a folder, not a file/,
    );
    await expect(openSource([join(folder, 'none.h264')])).rejects.toThrow(
      /none\.h264: there is no such file/,
    );
    await expect(openSource([join(folder, 'none.h264')])).rejects.toMatchObject({
      code: 'ERR_CLOUDPUSH_SOURCE_UNREADABLE',
    });
  });
});
