// Encrypted streams, through ffmpeg from container to container: it must find its way without the key, and
// what is decrypted at the end must be, bit by bit, what was encrypted.

import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { frameHashes, packetTimes } from '../support/ffmpeg.js';
import { fixture } from '../support/media.js';
import { requirePeers } from '../support/peers.js';
import { run } from '../support/process.js';
import { TempFolder } from '../support/temp.js';
import {
  contents,
  decryptedFile,
  encryptedFile,
  hevcFile,
  hevcStream,
  type Sources,
} from './encrypted-file.js';
import { encode } from './probe.js';
import { fromFirstSlice, fromSecondKeyPicture, slicesAlone, withoutSei } from './recordings.js';

const TIMEOUT_MS = 60_000;

const avc = { path: fixture('bframes.h264'), codec: 'h264', frameRate: 25 } as const;
const aac = { path: fixture('stereo-48k.aac'), codec: 'aac' } as const;
const mp3 = { path: fixture('stereo-44k.mp3'), codec: 'mp3' } as const;

/** Ways through ffmpeg that end in an FLV file. */
const routes: Record<string, (source: string, folder: TempFolder) => Promise<string>> = {
  'FLV to FLV': (source, folder) => copied(source, folder.file('copy.flv')),
  'FLV to MPEG-TS and back': async (source, folder) =>
    copied(await copied(source, folder.file('remuxed.ts')), folder.file('back.flv')),
  'FLV to HLS and back': async (source, folder) => {
    const playlist = folder.file('remuxed.m3u8');
    await encode(['-i', source, '-c', 'copy', '-hls_time', '1', '-hls_list_size', '0', playlist]);
    return copied(playlist, folder.file('back.flv'));
  },
  'FLV to MP4 and back': async (source, folder) =>
    copied(await copied(source, folder.file('remuxed.mp4')), folder.file('back.flv')),
  'FLV to fragmented MP4 and back': async (source, folder) =>
    copied(await copied(source, folder.file('remuxed.mp4'), fragments), folder.file('back.flv')),
  'FLV to MPEG-TS without SEI and delimiters, and back': async (source, folder) =>
    copied(await copied(source, folder.file('remuxed.ts'), without('6|9')), folder.file('back.flv')),
  'FLV to MP4 without SEI and delimiters, and back': async (source, folder) =>
    copied(await copied(source, folder.file('remuxed.mp4'), without('6|9')), folder.file('back.flv')),
};

const fragments = ['-movflags', 'frag_keyframe+empty_moov'];

/** Drops NAL units of these types, as servers do. */
const without = (types: string): string[] => ['-bsf:v', `filter_units=remove_types=${types}`];

async function copied(source: string, target: string, options: readonly string[] = []): Promise<string> {
  await encode(['-i', source, '-map', '0', '-c', 'copy', ...options, target]);
  return target;
}

const cases: { name: string; sources: Sources; mode: 'allFrames' | 'keyFrames' }[] = [
  { name: 'H.264 with B-frames and AAC', sources: { video: avc, audio: aac }, mode: 'allFrames' },
  { name: 'H.264 with B-frames and AAC', sources: { video: avc, audio: aac }, mode: 'keyFrames' },
  {
    name: 'H.264 in slices and MP3',
    sources: { video: { ...avc, path: fixture('slices.h264') }, audio: mp3 },
    mode: 'allFrames',
  },
];

describe.concurrent.each(cases)('$name, $mode', ({ sources, mode }) => {
  test.for(Object.keys(routes))('%s, and decrypted', { timeout: TIMEOUT_MS }, async (route, context) => {
    requirePeers(context, 'ffmpeg');
    await using folder = await TempFolder.create();
    const { clear, encrypted } = await encryptedFile(sources, mode);
    const source = await folder.write('encrypted.flv', encrypted);

    const result = await readFile(await routes[route]!(source, folder));

    const { clear: back, decrypted } = decryptedFile(result);
    expect(decrypted).toBe(decryptedFile(encrypted).decrypted);
    const expected = contents(clear);
    const actual = contents(back);
    expect(expected.video.length).toBeGreaterThanOrEqual(50);
    expect(expected.audio.length).toBeGreaterThanOrEqual(70);
    expect(actual.video).toEqual(expected.video);
    expect(actual.audio).toEqual(expected.audio);
    expect(await frameHashes(await folder.write('back.flv', back), 'video')).toEqual(
      await frameHashes(await folder.write('clear.flv', clear), 'video'),
    );
  });
});

/** Expects ffmpeg to decode the sound of a file without a complaint, and to hear nothing. */
async function expectSilence(file: string): Promise<void> {
  const options = ['-hide_banner', '-nostdin', '-loglevel', 'error', '-err_detect', 'explode'];
  const { code, stdout, stderr } = await run('ffmpeg', [...options, '-i', file, '-f', 's16le', '-']);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  expect(stdout.length).toBeGreaterThan(10_000);
  expect(stdout.replaceAll('\0', '')).toBe('');
}

test('an encrypted file has the packets of the clear one: times and key frames', async (context) => {
  requirePeers(context, 'ffmpeg');
  await using folder = await TempFolder.create();
  const { clear, encrypted } = await encryptedFile({ video: avc, audio: aac });
  const [plain, secret] = [
    await folder.write('clear.flv', clear),
    await folder.write('encrypted.flv', encrypted),
  ];
  for (const track of ['video', 'audio'] as const) {
    expect(await packetTimes(secret, track)).toEqual(await packetTimes(plain, track));
  }
});

test.for([
  ['MPEG-TS', 'remuxed.ts', []],
  ['HLS', 'remuxed.m3u8', ['-hls_time', '1', '-hls_list_size', '0']],
  ['MP4', 'remuxed.mp4', ['-tag:v', 'hvc1']],
  ['fragmented MP4', 'remuxed.mp4', ['-tag:v', 'hvc1', ...fragments]],
] as const)(
  'H.265 goes through %s, with and without SEI and delimiters, and is decrypted',
  {
    timeout: TIMEOUT_MS,
  },
  async ([, name, options], context) => {
    requirePeers(context, 'ffmpeg');
    await using folder = await TempFolder.create();
    const sources = { video: { path: fixture('bframes.h265'), codec: 'h265', frameRate: 25 } } as const;
    const { clear, encrypted } = await encryptedFile(sources);
    // ffmpeg 5.1 reads no H.265 in FLV: the stream goes in and comes out as Annex B, with times of its own.
    const source = await folder.write('encrypted.h265', hevcStream(encrypted));
    for (const filter of ['', ',filter_units=remove_types=35|39|40']) {
      const remuxed = folder.file(name);
      await encode([
        '-y',
        '-i',
        source,
        '-c',
        'copy',
        '-bsf:v',
        `setts=ts=N*48000${filter}`,
        ...options,
        remuxed,
      ]);
      const stream = await copied(remuxed, folder.file('back.h265'), ['-y']);
      const back = decryptedFile(hevcFile(await readFile(stream)));
      expect(contents(back.clear).video).toEqual(contents(clear).video);
      expect(back.counts).toMatchObject({ decrypted: 50, clear: 0, unmarked: 0 });
    }
  },
);

const hevc = { path: fixture('bframes.h265'), codec: 'h265', frameRate: 25 } as const;
/** Messages that servers drop. */
const droppings: readonly [string, (file: Buffer) => Buffer][] = [
  ['all SEI and delimiters are dropped', withoutSei],
  ['all in front of the first slice of each key picture is dropped', fromFirstSlice],
  ['nothing but slices is left', slicesAlone],
  ['the recording begins at the second key picture', fromSecondKeyPicture],
];

describe.each(droppings)('%s', (_, change) => {
  test.each([
    ['H.264', avc, 'allFrames'],
    ['H.264', avc, 'keyFrames'],
    ['H.264 in slices', { ...avc, path: fixture('slices.h264') }, 'allFrames'],
    ['H.265', hevc, 'allFrames'],
    ['H.265', hevc, 'keyFrames'],
  ] as const)('and every picture of %s is decrypted (%s, %s)', async (_name, video, mode) => {
    const { clear, encrypted } = await encryptedFile({ video, audio: aac }, mode);
    const recorded = change(encrypted);
    const back = decryptedFile(recorded);
    expect(contents(back.clear)).toEqual(contents(change(clear)));
    expect(back.counts).toMatchObject({ withoutKey: 0, damaged: 0, unmarked: 0 });
    if (mode === 'allFrames') expect(back.counts.clear).toBe(0);
    else expect(back.counts.clear).toBeLessThan(50);
    expect(back.decrypted).toBeGreaterThan(40);
  });
});

const layouts = ['mono', 'stereo', '3.0', '4.0', '5.0', '5.1', '7.1(wide)', '2.1', 'quad', '6.1'];

describe.concurrent('AAC without its key is silence, for ffmpeg to decode and to remux', () => {
  test.for(layouts)('%s', { timeout: TIMEOUT_MS }, async (layout, context) => {
    requirePeers(context, 'ffmpeg');
    await using folder = await TempFolder.create();
    const path = folder.file('source.aac');
    const source = [
      '-f',
      'lavfi',
      '-i',
      'anoisesrc=a=0.3:r=48000:d=0.5',
      '-af',
      `aformat=channel_layouts=${layout}`,
    ];
    await encode([...source, '-c:a', 'aac', '-b:a', '192k', '-f', 'adts', path]);
    const { clear, encrypted } = await encryptedFile({ audio: { path, codec: 'aac' } });
    const file = await folder.write('encrypted.flv', encrypted);

    await expectSilence(file);

    const remuxed = await routes['FLV to MPEG-TS and back']!(file, folder);
    const back = decryptedFile(await readFile(remuxed)).clear;
    expect(contents(back).audio).toEqual(contents(clear).audio);
  });
});

test('MP3 without its key is silence', { timeout: TIMEOUT_MS }, async (context) => {
  requirePeers(context, 'ffmpeg');
  await using folder = await TempFolder.create();
  for (const name of ['stereo-44k.mp3', 'mono-22k.mp3']) {
    const { encrypted } = await encryptedFile({ audio: { path: fixture(name), codec: 'mp3' } });
    await expectSilence(await folder.write('encrypted.flv', encrypted));
  }
});
