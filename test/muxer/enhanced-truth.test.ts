// Codecs that only Enhanced RTMP carries, which ffmpeg 5.1 cannot read in FLV: configuration records are
// compared with those that ffmpeg writes into MP4, samples with the packets that went in, and parameters with
// ffprobe's.

import { readFile } from 'node:fs/promises';
import { FlvReader, type FlvTag, Muxer, type VideoCodec } from '@cloudpush/muxer';
import { describe, expect, test } from 'vitest';
import { frameHashes, packetTimes } from '../support/ffmpeg.js';
import { requirePeers } from '../support/peers.js';
import { run } from '../support/process.js';
import { TempFolder } from '../support/temp.js';
import { demuxFile, finish, muxAudioFrames, muxVideo } from './mux-file.js';
import { ivfFrames, oggPackets, packetData } from './packets.js';
import { encode, mp4Box, pixelFormat, probe } from './probe.js';

const TIMEOUT_MS = 60_000;
const picture = ['-f', 'lavfi', '-i', 'testsrc2=s=176x144:r=25', '-frames:v', '10'];
const tone = ['-f', 'lavfi', '-i', 'aevalsrc=0.2*sin(440*t)|0.2*sin(550*t*(1+t)):s=48000:d=0.5'];

/** Muxes frames that are at hand; the times are 40 ms apart. */
async function muxFrames(codec: VideoCodec, frames: readonly Buffer[], path: string) {
  const muxer = new Muxer();
  const tags: FlvTag[] = [];
  frames.forEach((data, i) => {
    muxer.video(codec, { data, headroom: 0, dts: i * 40, pts: i * 40 }, tags);
  });
  return finish(muxer, tags, path, 5);
}

describe.concurrent('AV1', () => {
  test.for(['yuv420p', 'yuv444p', 'yuv420p10le', 'gray'])(
    '%s',
    { timeout: TIMEOUT_MS },
    async (format, context) => {
      requirePeers(context, 'ffmpeg');
      await using folder = await TempFolder.create();
      const mp4 = folder.file('source.mp4');
      const ivf = folder.file('source.ivf');
      const codec = ['-c:v', 'libaom-av1', '-cpu-used', '8', '-usage', 'realtime', '-pix_fmt', format];
      await encode([...picture, ...codec, mp4]);
      await encode(['-i', mp4, '-c', 'copy', ivf]);
      const muxed = await muxFrames('av1', ivfFrames(await readFile(ivf)), folder.file('muxed.flv'));

      const av1C = await mp4Box(mp4, 'av1C');
      expect(muxed.configuration.toString('hex')).toBe(av1C.toString('hex'));
      expect(muxed.videoParameters).toMatchObject({ width: 176, height: 144, ...pixelFormat(format) });
      expect(muxed.times.map(({ dts }) => dts)).toEqual(Array.from({ length: 10 }, (_, i) => 40 * i));
      expect(muxed.times.map(({ key }) => key)).toEqual(
        (await packetTimes(mp4, 'video')).map(({ key }) => key),
      );
      // The samples, one after the other, are an AV1 stream again.
      const obu = await folder.write(
        'muxed.obu',
        withDelimiters(demuxFile(await readFile(folder.file('muxed.flv')))),
      );
      expect(await frameHashes(obu, 'video')).toEqual(await frameHashes(mp4, 'video'));
    },
  );
});

/** A low-overhead stream begins each temporal unit with a temporal delimiter, which FLV leaves out. */
function withDelimiters(units: readonly { kind: string; data: Uint8Array }[]): Buffer {
  const samples = units.filter(({ kind }) => kind === 'sample');
  return Buffer.concat(samples.flatMap(({ data }) => [Buffer.from([0x12, 0]), data]));
}

describe.concurrent('VP9', () => {
  test.for(['yuv420p', 'yuv444p', 'yuv420p10le'])('%s', { timeout: TIMEOUT_MS }, async (format, context) => {
    requirePeers(context, 'ffmpeg');
    await using folder = await TempFolder.create();
    const mp4 = folder.file('source.mp4');
    const ivf = folder.file('source.ivf');
    const codec = ['-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-pix_fmt', format];
    await encode([...picture, ...codec, mp4]);
    await encode(['-i', mp4, '-c', 'copy', ivf]);
    const frames = ivfFrames(await readFile(ivf));
    const muxed = await muxFrames('vp9', frames, folder.file('muxed.flv'));

    expect(muxed.configuration.toString('hex')).toBe((await mp4Box(mp4, 'vpcC')).toString('hex'));
    expect(muxed.videoParameters).toMatchObject({ width: 176, height: 144, ...pixelFormat(format) });
    expect(muxed.elementary.equals(Buffer.concat(frames))).toBe(true);
    expect(muxed.times.map(({ key }) => key)).toEqual(
      (await packetTimes(mp4, 'video')).map(({ key }) => key),
    );
  });
});

describe.concurrent('audio of Enhanced RTMP', () => {
  test('Opus', { timeout: TIMEOUT_MS }, async (context) => {
    requirePeers(context, 'ffmpeg');
    await using folder = await TempFolder.create();
    const ogg = folder.file('source.ogg');
    await encode([...tone, '-c:a', 'libopus', '-frame_duration', '10', ogg]);
    const [head, , ...packets] = oggPackets(await readFile(ogg));
    const frames = [head!, ...packets].map((data, i) => ({ data, time: Math.max(0, i - 1) * 10 }));
    const muxed = await muxAudioFrames('opus', frames, folder.file('muxed.flv'), 5);
    expect(muxed.configuration.equals(head!)).toBe(true);
    expect(muxed.elementary.equals(Buffer.concat(packets))).toBe(true);
    expect(muxed.audioParameters).toMatchObject({ sampleRate: 48_000, channels: 2, samplesPerFrame: 480 });
  });

  test('FLAC', { timeout: TIMEOUT_MS }, async (context) => {
    requirePeers(context, 'ffmpeg');
    await using folder = await TempFolder.create();
    const flac = folder.file('source.flac');
    await encode([...tone, '-c:a', 'flac', '-sample_fmt', 's32', flac]);
    const file = await readFile(flac);
    const packets = await packetData(flac);
    const frames = [file.subarray(0, 42), ...packets].map((data, i) => ({
      data,
      time: Math.max(0, i - 1) * 96,
    }));
    const muxed = await muxAudioFrames('flac', frames, folder.file('muxed.flv'), 5);
    const header = Buffer.concat([Buffer.from('fLaC'), Buffer.from([0x80, 0, 0, 34]), file.subarray(8, 42)]);
    expect(muxed.configuration.equals(header)).toBe(true);
    expect(muxed.elementary.equals(Buffer.concat(packets))).toBe(true);
    expect(muxed.audioParameters).toMatchObject({ sampleRate: 48_000, channels: 2, sampleSize: 24 });
    // Header and frames are a FLAC file again.
    const rebuilt = await folder.write(
      'rebuilt.flac',
      Buffer.concat([muxed.configuration, muxed.elementary]),
    );
    expect((await frameHashes(rebuilt, 'audio')).join()).toBe((await frameHashes(flac, 'audio')).join());
  });

  const dolby = [
    { codec: 'ac3', rate: 48_000, layout: 'stereo' },
    { codec: 'ac3', rate: 44_100, layout: '5.1(side)' },
    { codec: 'ac3', rate: 32_000, layout: 'mono' },
    { codec: 'eac3', rate: 48_000, layout: '5.1(side)' },
    { codec: 'eac3', rate: 44_100, layout: 'stereo' },
  ] as const;
  test.for(dolby)(
    '$codec, $rate Hz, $layout',
    { timeout: TIMEOUT_MS },
    async ({ codec, rate, layout }, context) => {
      requirePeers(context, 'ffmpeg');
      await using folder = await TempFolder.create();
      const source = folder.file(`source.${codec}`);
      const filter = `aresample=${rate},aformat=channel_layouts=${layout}`;
      await encode([...tone, '-af', filter, '-c:a', codec, '-b:a', '192k', '-f', codec, source]);
      const file = await readFile(source);
      // All frames in one packet: the muxer finds them.
      const muxed = await muxAudioFrames(codec, [{ data: file, time: 0 }], folder.file('muxed.flv'), 5);
      const packets = await packetTimes(source, 'audio');
      expect(muxed.times).toHaveLength(packets.length);
      muxed.times.forEach(({ dts }, i) => {
        expect(Math.abs(dts - (packets[i]!.dts - packets[0]!.dts))).toBeLessThanOrEqual(1);
      });
      expect(muxed.elementary.equals(file)).toBe(true);
      const { sample_rate, channels } = await probe(source);
      expect(muxed.audioParameters).toMatchObject({ sampleRate: Number(sample_rate), channels });
    },
  );
});

test('high dynamic range of x265 becomes colorInfo', { timeout: TIMEOUT_MS }, async (context) => {
  requirePeers(context, 'ffmpeg');
  await using folder = await TempFolder.create();
  const source = folder.file('source.h265');
  const display = 'G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50)';
  const hdr = `master-display=${display}:max-cll=1000,400:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc`;
  const x265 = ['-c:v', 'libx265', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p10le'];
  await encode([
    ...picture,
    ...x265,
    '-x265-params',
    `log-level=none:pools=none:${hdr}`,
    '-f',
    'hevc',
    source,
  ]);
  const flv = folder.file('muxed.flv');
  await muxVideo(source, 'h265', 25, flv);

  const tags = new FlvReader().push(await readFile(flv));
  const metadata = tags.filter(({ payload }) => (payload[0]! & 0x8f) === 0x84);
  expect(metadata).toHaveLength(1);
  expect(tags.indexOf(metadata[0]!)).toBe(1); // behind the sequence header, before the first picture
  const text = Buffer.from(metadata[0]!.payload).toString('latin1');
  const number = (name: string): number =>
    Buffer.from(text, 'latin1').readDoubleBE(text.indexOf(name) + name.length + 1);
  expect(text.slice(1, 17)).toBe('hvc1\x02\0\tcolorInfo');
  const named = [
    'bitDepth',
    'colorPrimaries',
    'transferCharacteristics',
    'matrixCoefficients',
    'maxCLL',
    'maxFall',
  ];
  expect(named.map(number)).toEqual([10, 9, 16, 9, 1000, 400]);
  const display2 = ['redX', 'redY', 'greenX', 'greenY', 'blueX', 'blueY', 'whitePointX', 'whitePointY'];
  expect(display2.map(number)).toEqual([0.68, 0.32, 0.265, 0.69, 0.15, 0.06, 0.3127, 0.329]);
  expect(['maxLuminance', 'minLuminance'].map(number)).toEqual([1000, 0.005]);
});

test('openh264 through GStreamer', { timeout: TIMEOUT_MS }, async (context) => {
  requirePeers(context, 'ffmpeg', 'gstreamer');
  await using folder = await TempFolder.create();
  const source = folder.file('source.h264');
  await openh264(source);
  const flv = folder.file('muxed.flv');
  const muxed = await muxVideo(source, 'h264', 25, flv);
  expect(muxed.videoParameters).toMatchObject({ width: 320, height: 240 });
  expect(await frameHashes(flv, 'video')).toEqual(await frameHashes(source, 'video'));
  const times = (await packetTimes(flv, 'video')).map(({ dts, pts }) => [dts, pts]);
  expect(times).toEqual(Array.from({ length: 20 }, (_, i) => [40 * i, 40 * i]));
  expect(muxed.times.filter(({ key }) => key)).toHaveLength(4);
});

async function openh264(path: string): Promise<void> {
  const encoder = 'openh264enc gop-size=5 slice-mode=n-slices num-slices=3 complexity=low';
  const raw = 'video/x-raw,width=320,height=240,framerate=25/1';
  const stream = 'video/x-h264,stream-format=byte-stream,alignment=au';
  const pipeline = `videotestsrc num-buffers=20 pattern=ball ! ${raw} ! ${encoder} ! ${stream} ! filesink location=${path}`;
  const { code, stderr } = await run('gst-launch-1.0', ['-q', ...pipeline.split(' ')], { timeoutMs: 30_000 });
  if (code !== 0) throw new Error(`gst-launch-1.0 ended with ${code}: ${stderr}`);
}
