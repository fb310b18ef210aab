import { expect } from 'vitest';
import { frameHashes, packetTimes, type Track } from './ffmpeg.js';

/** RTMP counts in whole milliseconds; a source does not. */
const ROUNDING_MS = 1;

/** Fewer decoded frames than this, and the comparison would say little. */
const LEAST_FRAMES = 30;

/** Times of packets, in the order of decoding. */
type Times = readonly { dts: number; pts: number }[];

/** Expects each packet at its time, on a clock that starts with the stream. */
export function expectSameTimes(actual: Times, source: Times): void {
  expect(actual).toHaveLength(source.length);
  const deviations = source.map(({ dts, pts }, index) => {
    const packet = actual[index] as Times[number];
    return Math.max(Math.abs(packet.dts - dts), Math.abs(packet.pts - pts));
  });
  expect(Math.max(...deviations)).toBeLessThanOrEqual(ROUNDING_MS);
}

const sourceHashes = new Map<string, Promise<string[]>>();

/** A source is decoded once, however many recordings are compared with it. */
function hashesOfSource(source: string, track: Track): Promise<string[]> {
  const key = `${track} ${source}`;
  const hashes = sourceHashes.get(key) ?? frameHashes(source, track);
  sourceHashes.set(key, hashes);
  return hashes;
}

/** Expects a track of two files to decode to the same frames, one by one. */
export async function expectSameFrames(actual: string, source: string, track: Track): Promise<void> {
  const [hashes, expected] = await Promise.all([frameHashes(actual, track), hashesOfSource(source, track)]);
  expect(expected.length).toBeGreaterThan(LEAST_FRAMES);
  expect(hashes).toEqual(expected);
}

/**
 * Expects a recording to hold the track of `source`, cut into `packets`: the same frames at the same times.
 */
export async function expectTrack(
  recording: string,
  track: Track,
  source: string,
  packets: Times,
): Promise<void> {
  const [times] = await Promise.all([
    packetTimes(recording, track),
    expectSameFrames(recording, source, track),
  ]);
  expectSameTimes(times, packets);
}

/** Expects a recording to hold both tracks of a foreign file: the same frames at the same times. */
export async function expectUnchanged(recording: string, source: string): Promise<void> {
  for (const track of ['video', 'audio'] as const) {
    await expectTrack(recording, track, source, await packetTimes(source, track));
  }
}
