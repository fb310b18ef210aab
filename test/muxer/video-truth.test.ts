// Streams of foreign encoders, through our splitter and muxer to FLV, are to ffmpeg what the source is: the
// same frames at the same times, the same configuration record, the same parameters.

import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { frameHashes, packetTimes } from '../support/ffmpeg.js';
import { requirePeers } from '../support/peers.js';
import { TempFolder } from '../support/temp.js';
import { demuxFile, muxVideo } from './mux-file.js';
import { encode, mp4Box, pixelFormat, probeAll, withoutSei } from './probe.js';
import { type VideoEncoding, videoEncodings } from './video-encodings.js';

/**
 * Encodes to MP4, which has times and configuration record, and makes an Annex-B stream of it without
 * encoding anew.
 */
async function encodeBoth(
  encoding: VideoEncoding,
  folder: TempFolder,
): Promise<{ mp4: string; annexB: string }> {
  const { codec, args, rate, size, frames } = encoding;
  const mp4 = folder.file('source.mp4');
  const annexB = folder.file(`source.${codec}`);
  const rateText = rate === 30_000 / 1001 ? '30000/1001' : String(rate);
  const source = ['-f', 'lavfi', '-i', `testsrc2=s=${size}:r=${rateText}`, '-frames:v', String(frames)];
  await encode([...source, ...args, '-tag:v', codec === 'h264' ? 'avc1' : 'hvc1', mp4]);
  const filter = codec === 'h264' ? 'h264_mp4toannexb' : 'hevc_mp4toannexb';
  await encode(['-i', mp4, '-c', 'copy', '-bsf:v', filter, '-f', codec === 'h264' ? 'h264' : 'hevc', annexB]);
  return { mp4, annexB };
}

describe.concurrent('video of foreign encoders', () => {
  test.for(videoEncodings)('$name', { timeout: 60_000 }, async (encoding, context) => {
    requirePeers(context, 'ffmpeg');
    await using folder = await TempFolder.create();
    const { mp4, annexB } = await encodeBoth(encoding, folder);
    const flv = folder.file('muxed.flv');
    const muxed = await muxVideo(annexB, encoding.codec, encoding.rate, flv);

    // ffmpeg 5.1 reads no H.265 in FLV: there, what our demuxer gives back is decoded.
    const decodable = encoding.codec === 'h264' ? flv : await folder.write('muxed.h265', muxed.elementary);
    const hashes = await frameHashes(mp4, 'video');
    expect(hashes).toHaveLength(encoding.frames);
    expect(await frameHashes(decodable, 'video')).toEqual(hashes);

    // Where the source begins is its own affair: times count from the first packet.
    const { stream: probed, packets: source } = await probeAll(mp4);
    const expected = source.map(({ dts, pts, key }) => ({ pts: pts - dts, dts: dts - source[0]!.dts, key }));
    const actual = muxed.times.map(({ dts, pts, key }) => ({ pts: pts - dts, dts, key }));
    expect(actual).toHaveLength(expected.length);
    actual.forEach((packet, i) => {
      // Both sides round to milliseconds, the source twice.
      expect(Math.abs(packet.dts - expected[i]!.dts), `dts of packet ${i}`).toBeLessThanOrEqual(1);
      expect(
        Math.abs(packet.pts - expected[i]!.pts),
        `composition offset of packet ${i}`,
      ).toBeLessThanOrEqual(1);
    });
    if (encoding.codec === 'h264') {
      expect(await packetTimes(flv, 'video')).toEqual(muxed.times);
      expect(muxed.configuration.toString('hex')).toBe((await mp4Box(mp4, 'avcC')).toString('hex'));
    } else {
      expect(muxed.configuration.toString('hex')).toBe(withoutSei(await mp4Box(mp4, 'hvcC')).toString('hex'));
    }

    const parameters = muxed.videoParameters!;
    expect(parameters).toMatchObject({ width: probed.width, height: probed.height, level: probed.level });
    // ffmpeg decodes monochrome H.264 to 4:2:0, so it is the encoder who is asked.
    expect(parameters).toMatchObject(pixelFormat(encoding.format));
    expect(parameters.reorderDepth).toBe(probed.has_b_frames);
    expect(parameters.frameRate).toBeCloseTo(encoding.rate, 3);
  });
});

test('a stream that changes its size and profile is the same to ffmpeg', {
  timeout: 60_000,
}, async (context) => {
  requirePeers(context, 'ffmpeg');
  await using folder = await TempFolder.create();
  const parts: Buffer[] = [];
  for (const [size, profile] of [
    ['176x144', 'high'],
    ['320x240', 'baseline'],
    ['176x144', 'high'],
  ] as const) {
    const path = folder.file(`${parts.length}.h264`);
    const source = ['-f', 'lavfi', '-i', `testsrc2=s=${size}:r=25`, '-frames:v', '6'];
    await encode([...source, '-c:v', 'libx264', '-profile:v', profile, '-pix_fmt', 'yuv420p', path]);
    parts.push(await readFile(path));
  }
  const annexB = await folder.write('source.h264', Buffer.concat(parts));
  const flv = folder.file('muxed.flv');
  const muxed = await muxVideo(annexB, 'h264', 25, flv);
  expect(muxed.times).toHaveLength(18);
  expect(await frameHashes(flv, 'video')).toEqual(await frameHashes(annexB, 'video'));
  const configs = demuxFile(await readFile(flv)).filter(({ kind }) => kind === 'config');
  expect(configs.map(({ dts }) => dts)).toEqual([0, 240, 480]);
});

const reordered = videoEncodings.filter(({ name }) =>
  /B-pyramid|open GOP|temporal layers|30000|intra refresh/.test(name),
);

test.for(reordered)(
  "$name: decoding times derived from presentation times are the encoder's",
  { timeout: 60_000 },
  async (encoding, context) => {
    requirePeers(context, 'ffmpeg');
    await using folder = await TempFolder.create();
    const { mp4, annexB } = await encodeBoth(encoding, folder);
    const options = { presentationTimesOnly: true };
    const muxed = await muxVideo(annexB, encoding.codec, encoding.rate, folder.file('muxed.flv'), options);
    const { packets } = await probeAll(mp4);
    expect(muxed.times).toHaveLength(packets.length);
    muxed.times.forEach(({ dts, pts }, i) => {
      const source = packets[i]!;
      expect(Math.abs(dts - (source.dts - packets[0]!.dts)), `dts of packet ${i}`).toBeLessThanOrEqual(1);
      expect(
        Math.abs(pts - dts - (source.pts - source.dts)),
        `composition offset of packet ${i}`,
      ).toBeLessThanOrEqual(1);
    });
  },
);
