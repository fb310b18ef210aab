// Audio of foreign encoders, through our splitter and muxer to FLV, is to ffmpeg what the source is.

import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { frameHashes, packetTimes } from '../support/ffmpeg.js';
import { requirePeers } from '../support/peers.js';
import { TempFolder } from '../support/temp.js';
import { muxAudio } from './mux-file.js';
import { encode, flvConfiguration, probe } from './probe.js';

const TIMEOUT_MS = 30_000;

/** A noise-like signal with something different on each channel. */
function signal(rate: number, channels: number, seconds: number): string[] {
  const expressions = Array.from({ length: channels }, (_, i) => `0.2*sin(${300 + 170 * i}*t*(1+t))`);
  return ['-f', 'lavfi', '-i', `aevalsrc=${expressions.join('|')}:s=${rate}:d=${seconds}`];
}

interface AacCase {
  rate: number;
  layout: string;
  channels: number;
}

const rates = [8000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 64_000, 88_200, 96_000];
const layouts: readonly (readonly [string, number])[] = [
  ['mono', 1],
  ['3.0', 3],
  ['4.0', 4],
  ['5.0', 5],
  ['5.1', 6],
  ['7.1(wide)', 8],
];
const aacCases: AacCase[] = [
  ...rates.map((rate) => ({ rate, layout: 'stereo', channels: 2 })),
  ...layouts.map(([layout, channels]) => ({ rate: 48_000, layout, channels })),
];

/** Layouts that no channel configuration stands for: their channels are in a program config element. */
const pceCases: AacCase[] = [
  { rate: 48_000, layout: 'hexagonal', channels: 6 },
  { rate: 44_100, layout: 'quad', channels: 4 },
  { rate: 32_000, layout: '2.1', channels: 3 },
  { rate: 48_000, layout: '6.1', channels: 7 },
];

async function encodeAac({ rate, layout, channels }: AacCase, folder: TempFolder): Promise<string> {
  const adts = folder.file('source.aac');
  const remap = `aformat=channel_layouts=${layout}`;
  const pan = `pan=${layout}|${Array.from({ length: channels }, (_, i) => `c${i}=c${i}`).join('|')}`;
  const filter = ['mono', 'stereo'].includes(layout) ? remap : pan;
  await encode([
    ...signal(rate, channels, 0.5),
    '-af',
    filter,
    '-c:a',
    'aac',
    '-b:a',
    '128k',
    '-f',
    'adts',
    adts,
  ]);
  return adts;
}

describe.concurrent('AAC of ffmpeg', () => {
  test.for(aacCases)('$rate Hz, $layout', { timeout: TIMEOUT_MS }, async (aac, context) => {
    requirePeers(context, 'ffmpeg');
    await using folder = await TempFolder.create();
    const adts = await encodeAac(aac, folder);
    const flv = folder.file('muxed.flv');
    const muxed = await muxAudio(adts, 'aac', flv);

    expect(muxed.audioParameters).toMatchObject({ sampleRate: aac.rate, channels: aac.channels });
    expect(muxed.elementary.subarray(7).length).toBeGreaterThan(0);
    expect(await frameHashes(flv, 'audio')).toEqual(await frameHashes(adts, 'audio'));

    const reference = folder.file('reference.flv');
    await encode(['-i', adts, '-c', 'copy', reference]);
    expect(muxed.configuration.toString('hex')).toBe((await flvConfiguration(reference, 8)).toString('hex'));
    const times = await packetTimes(reference, 'audio');
    expect(muxed.times.map(({ dts }) => dts)).toEqual(times.map(({ dts }) => dts - times[0]!.dts));
  });

  test.for(pceCases)(
    '$rate Hz, $layout in a program config element',
    { timeout: TIMEOUT_MS },
    async (aac, context) => {
      requirePeers(context, 'ffmpeg');
      await using folder = await TempFolder.create();
      const adts = await encodeAac(aac, folder);
      const flv = folder.file('muxed.flv');
      const muxed = await muxAudio(adts, 'aac', flv);
      expect(muxed.audioParameters).toMatchObject({ sampleRate: aac.rate, channels: aac.channels });
      expect(await frameHashes(flv, 'audio')).toEqual(await frameHashes(adts, 'audio'));
      const reference = folder.file('reference.flv');
      await encode(['-i', adts, '-c', 'copy', reference]);
      expect(muxed.configuration.toString('hex')).toBe(
        (await flvConfiguration(reference, 8)).toString('hex'),
      );
    },
  );
});

const mp3Cases = [8000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000].map((rate, i) => ({
  rate,
  channels: 1 + (i % 2),
}));

describe.concurrent('MP3 of LAME', () => {
  test.for(mp3Cases)(
    '$rate Hz, $channels channels',
    { timeout: TIMEOUT_MS },
    async ({ rate, channels }, context) => {
      requirePeers(context, 'ffmpeg');
      await using folder = await TempFolder.create();
      const mp3 = folder.file('source.mp3');
      await encode([
        ...signal(rate, channels, 0.4),
        '-c:a',
        'libmp3lame',
        '-b:a',
        '48k',
        '-id3v2_version',
        '4',
        mp3,
      ]);
      const flv = folder.file('muxed.flv');
      const muxed = await muxAudio(mp3, 'mp3', flv);
      expect(muxed.audioParameters).toMatchObject({ sampleRate: rate, channels });
      // Our frames are the file's last bytes: what is before them is the ID3 tag and the encoder's Info
      // frame.
      const file = await readFile(mp3);
      expect(muxed.elementary.equals(file.subarray(file.length - muxed.elementary.length))).toBe(true);
      const packets = await packetTimes(mp3, 'audio');
      expect(muxed.times).toHaveLength(packets.length);
      muxed.times.forEach(({ dts }, i) => {
        expect(Math.abs(dts - (packets[i]!.dts - packets[0]!.dts))).toBeLessThanOrEqual(1);
      });
      // ffmpeg finds the frames by their headers, and takes the rate from them.
      const elementary = await folder.write('elementary.mp3', muxed.elementary);
      expect(await frameHashes(flv, 'audio')).toEqual(await frameHashes(elementary, 'audio'));
      expect(await probe(flv)).toMatchObject({ sample_rate: String(rate), channels });
    },
  );
});
