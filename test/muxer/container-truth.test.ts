// Samples as MP4 and FLV of foreign encoders hold them, without start codes and ADTS headers, go through our
// muxer byte for byte, and decode to the same frames at the same times.

import { readFile } from 'node:fs/promises';
import { FlvReader, TagType } from '@cloudpush/muxer';
import { describe, expect, test } from 'vitest';
import { frameHashes, packetTimes } from '../support/ffmpeg.js';
import { requirePeers } from '../support/peers.js';
import { TempFolder } from '../support/temp.js';
import { demuxFile, muxAudioFrames, muxSamples } from './mux-file.js';
import { encode, flvConfiguration, mp4Box, mp4Samples, probe, probeAll, withoutSei } from './probe.js';

const TIMEOUT_MS = 60_000;

interface VideoCase {
  readonly name: string;
  readonly codec: 'h264' | 'h265';
  readonly args: readonly string[];
}

const x264 = (...more: string[]) => ['-c:v', 'libx264', '-preset', 'veryfast', '-g', '12', ...more];
const x265 = (more = '') => [
  '-c:v',
  'libx265',
  '-preset',
  'ultrafast',
  '-x265-params',
  `log-level=none:pools=none:keyint=12:bframes=3${more}`,
];
const videoCases: readonly VideoCase[] = [
  { name: 'x264 with B-frames', codec: 'h264', args: x264('-bf', '3') },
  { name: 'x264, 4 slices', codec: 'h264', args: x264('-slices', '4', '-aud', '1') },
  { name: 'x265', codec: 'h265', args: x265() },
  {
    name: 'x265, HDR10',
    codec: 'h265',
    args: [
      ...x265(':hdr10=1:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc'),
      '-pix_fmt',
      'yuv420p10le',
    ],
  },
];

describe.concurrent('samples of MP4', () => {
  test.for(videoCases)('$name', { timeout: TIMEOUT_MS }, async ({ codec, args }, context) => {
    requirePeers(context, 'ffmpeg');
    await using folder = await TempFolder.create();
    const mp4 = folder.file('source.mp4');
    const source = ['-f', 'lavfi', '-i', 'testsrc2=s=176x144:r=25', '-frames:v', '20', '-pix_fmt', 'yuv420p'];
    await encode([...source, ...args, '-tag:v', codec === 'h264' ? 'avc1' : 'hvc1', mp4]);
    const { packets } = await probeAll(mp4);
    const samples = await mp4Samples(mp4);
    expect(samples).toHaveLength(20);
    const record = await mp4Box(mp4, codec === 'h264' ? 'avcC' : 'hvcC');
    const flv = folder.file('muxed.flv');
    const times = samples.map((data, i) => ({ data, dts: packets[i]!.dts, pts: packets[i]!.pts }));
    const muxed = await muxSamples(codec, times, record, flv);

    const expected = codec === 'h264' ? record : withoutSei(record);
    expect(muxed.configuration.toString('hex')).toBe(expected.toString('hex'));
    expect(await sampleBytes(flv)).toEqual(samples.map((sample) => sample.toString('hex')));
    const first = packets[0]!.dts;
    expect(muxed.times).toEqual(
      packets.map(({ dts, pts, key }) => ({ dts: dts - first, pts: pts - first, key })),
    );
    // ffmpeg 5.1 reads no H.265 in FLV: what our demuxer gives back is decoded, with the sets that MP4 keeps
    // apart.
    const units = demuxFile(await readFile(flv)).map(({ data }) => data);
    const decodable = codec === 'h264' ? flv : await folder.write('muxed.h265', Buffer.concat(units));
    expect(await frameHashes(decodable, 'video')).toEqual(await frameHashes(mp4, 'video'));
    if (codec === 'h264') expect(await packetTimes(flv, 'video')).toEqual(muxed.times);
  });
});

/** The bodies of the coded video tags behind their headers, read without our demuxer. */
async function sampleBytes(flv: string): Promise<string[]> {
  return new FlvReader()
    .push(await readFile(flv))
    .filter(({ type, payload }) => type === TagType.video && isCodedFrame(payload))
    .map(({ payload }) => Buffer.from(payload.subarray(headerSize(payload))).toString('hex'));
}

/** AVCPacketType 1; VideoPacketType 1 (with a composition offset) and 3. */
function isCodedFrame(payload: Uint8Array): boolean {
  const type = payload[0]! & 15;
  return payload[0]! < 0x80 ? payload[1] === 1 : type === 1 || type === 3;
}

function headerSize(payload: Uint8Array): number {
  return payload[0]! >= 0x80 && (payload[0]! & 15) === 1 ? 8 : 5;
}

const aacCases = [
  { rate: 16_000, layout: 'mono', channels: 1 },
  { rate: 44_100, layout: 'stereo', channels: 2 },
  { rate: 48_000, layout: '5.1', channels: 6 },
  { rate: 44_100, layout: 'quad', channels: 4 },
] as const;

describe.concurrent('raw AAC of ffmpeg', () => {
  test.for(aacCases)(
    '$rate Hz, $layout',
    { timeout: TIMEOUT_MS },
    async ({ rate, layout, channels }, context) => {
      requirePeers(context, 'ffmpeg');
      await using folder = await TempFolder.create();
      const reference = folder.file('reference.flv');
      const expressions = Array.from({ length: channels }, (_, i) => `0.2*sin(${300 + 170 * i}*t*(1+t))`);
      const signal = `aevalsrc=${expressions.join('|')}:s=${rate}:d=0.5:c=${layout}`;
      await encode(['-f', 'lavfi', '-i', signal, '-c:a', 'aac', reference]);
      const configuration = await flvConfiguration(reference, 8);
      const frames = await audioTags(reference, 2);
      const flv = folder.file('muxed.flv');
      const muxed = await muxAudioFrames('aac', frames, flv, 2, configuration);
      expect(muxed.audioParameters).toMatchObject({ sampleRate: rate, channels, samplesPerFrame: 1024 });
      expect(muxed.configuration.toString('hex')).toBe(configuration.toString('hex'));
      expect(await audioTags(flv, 2)).toEqual(frames);
      expect(await frameHashes(flv, 'audio')).toEqual(await frameHashes(reference, 'audio'));
    },
  );
});

describe.concurrent('G.711', () => {
  test.for([
    ['g711a', 'alaw', 'pcm_alaw', 0x72],
    ['g711u', 'mulaw', 'pcm_mulaw', 0x82],
  ] as const)(
    '%s decodes to what went in',
    { timeout: TIMEOUT_MS },
    async ([codec, format, name, header], context) => {
      requirePeers(context, 'ffmpeg');
      await using folder = await TempFolder.create();
      const raw = folder.file(`source.${format}`);
      await encode(['-f', 'lavfi', '-i', 'sine=f=440:r=8000:d=1', '-c:a', name, '-f', format, raw]);
      const samples = await readFile(raw);
      const packets = Array.from({ length: samples.length / 160 }, (_, i) => ({
        data: samples.subarray(160 * i, 160 * (i + 1)),
        time: 20 * i,
      }));
      const flv = folder.file('muxed.flv');
      const muxed = await muxAudioFrames(codec, packets, flv, 1);
      expect(muxed.elementary.equals(samples)).toBe(true);
      expect(await probe(flv)).toMatchObject({ codec_name: name, sample_rate: '8000', channels: 1 });
      const decoded = folder.file('decoded.alaw');
      await encode(['-i', flv, '-c:a', 'copy', '-f', format, decoded]);
      expect((await readFile(decoded)).equals(samples)).toBe(true);
      expect((await packetTimes(flv, 'audio')).map(({ dts }) => dts)).toEqual(
        packets.map(({ time }) => time),
      );
      const reference = folder.file('reference.flv');
      await encode(['-f', format, '-ar', '8000', '-ac', '1', '-i', raw, '-c', 'copy', reference]);
      expect([...(await firstBytes(flv)), ...(await firstBytes(reference))]).toEqual([header, header]);
    },
  );
});

/** The first byte that all audio tags of a file begin with. */
async function firstBytes(flv: string): Promise<Set<number>> {
  const tags = new FlvReader().push(await readFile(flv)).filter(({ type }) => type === TagType.audio);
  return new Set(tags.map(({ payload }) => payload[0]!));
}

/** The bodies of a file's audio tags behind their headers, without the sequence headers. */
async function audioTags(flv: string, size: number): Promise<{ data: Buffer; time: number }[]> {
  return new FlvReader()
    .push(await readFile(flv))
    .filter(({ type, payload }) => type === TagType.audio && payload[1] === 1 && payload.length > size)
    .map(({ timestamp, payload }) => ({ data: Buffer.from(payload.subarray(size)), time: timestamp }));
}
