import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { AccessUnitSplitter, AdtsSplitter } from '@cloudpush/muxer';

/** One packet of the bench's stream. */
export interface BenchPacket {
  readonly kind: 'video' | 'audio';
  readonly data: Uint8Array;
  /** ms from the start of the loop. */
  readonly at: number;
}

export const VIDEO_RATE = 25;
export const AUDIO_RATE = 48_000 / 1024;
/** Bytes of a picture on average: 1080p at 4 Mbit/s. */
export const PICTURE_BYTES = 20_000;
/** A key frame has the bytes of so many pictures. */
const KEY_FACTOR = 5;

/**
 * A loop of the bundled clip, its pictures filled up to the size that a 1080p camera sends, in the order of
 * their times.
 */
export interface BenchLoop {
  readonly packets: readonly BenchPacket[];
  /** ms. */
  readonly duration: number;
  /** Pictures from one key frame to the next. */
  readonly group: number;
  /** Bytes of a picture that is no key frame, and of one that is. */
  readonly videoBytes: number;
  readonly keyBytes: number;
  /** Bytes of an audio frame, on average. */
  readonly audioBytes: number;
}

/** @param pictureBytes bytes of a picture on average, 1,000 at least */
export function loadLoop(pictureBytes: number = PICTURE_BYTES): BenchLoop {
  const assets = join(dirname(createRequire(import.meta.url).resolve('cloudpush/package.json')), 'assets');
  const pictures = splitPictures(readFileSync(join(assets, 'clip.h264')));
  const frames = splitFrames(readFileSync(join(assets, 'clip.aac')));
  const group = pictures.length / pictures.filter(({ keyFrame }) => keyFrame).length;
  const keyBytes = pictureBytes * KEY_FACTOR;
  const videoBytes = Math.round((pictureBytes * group - keyBytes) / (group - 1));
  const video = pictures.map(({ data, keyFrame }, i) => ({
    kind: 'video' as const,
    data: fill(data, keyFrame ? keyBytes : videoBytes),
    at: (i * 1000) / VIDEO_RATE,
  }));
  const audio = frames.map((data, i) => ({ kind: 'audio' as const, data, at: (i * 1000) / AUDIO_RATE }));
  const audioBytes = frames.reduce((sum, { length }) => sum + length, 0) / frames.length;
  return {
    packets: [...video, ...audio].sort((a, b) => a.at - b.at),
    duration: (pictures.length * 1000) / VIDEO_RATE,
    group,
    videoBytes,
    keyBytes,
    audioBytes: Math.round(audioBytes),
  };
}

interface Picture {
  readonly data: Uint8Array;
  readonly keyFrame: boolean;
}

function splitPictures(file: Uint8Array): Picture[] {
  const splitter = new AccessUnitSplitter('h264');
  return [...splitter.push(file), ...splitter.flush()].map(({ data, keyFrame }) => ({
    data: data.slice(),
    keyFrame,
  }));
}

function splitFrames(file: Uint8Array): Uint8Array[] {
  const splitter = new AdtsSplitter();
  return [...splitter.push(file), ...splitter.flush()].map(({ data }) => data.slice());
}

/**
 * Adds slice data, free of start codes, until the picture has the wanted size; or leaves off what it has too
 * much.
 */
function fill(picture: Uint8Array, size: number): Uint8Array {
  const filled = new Uint8Array(size).fill(0x5a);
  filled.set(picture.subarray(0, size - 1));
  return filled;
}
