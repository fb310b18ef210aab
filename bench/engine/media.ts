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
/** 20 KB 25 times a second: 1080p at 4 Mbit/s. */
export const VIDEO_BYTES = 20_000;

/** A loop of the bundled clip, its pictures filled up to the size that a 1080p camera sends, in the order of their times. */
export interface BenchLoop {
  readonly packets: readonly BenchPacket[];
  /** ms. */
  readonly duration: number;
  /** Bytes of an audio frame, on average. */
  readonly audioBytes: number;
}

export function loadLoop(): BenchLoop {
  const assets = join(
    dirname(createRequire(import.meta.url).resolve('@cloudpush/engine/package.json')),
    'assets',
  );
  const pictures = split(new AccessUnitSplitter('h264'), readFileSync(join(assets, 'clip.h264')));
  const frames = split(new AdtsSplitter(), readFileSync(join(assets, 'clip.aac')));
  const video = pictures.map((data, i) => ({
    kind: 'video' as const,
    data: fill(data),
    at: (i * 1000) / VIDEO_RATE,
  }));
  const audio = frames.map((data, i) => ({ kind: 'audio' as const, data, at: (i * 1000) / AUDIO_RATE }));
  const audioBytes = frames.reduce((sum, { length }) => sum + length, 0) / frames.length;
  return {
    packets: [...video, ...audio].sort((a, b) => a.at - b.at),
    duration: (pictures.length * 1000) / VIDEO_RATE,
    audioBytes: Math.round(audioBytes),
  };
}

interface Splitter {
  push(data: Uint8Array): Iterable<{ readonly data: Uint8Array }>;
  flush(): Iterable<{ readonly data: Uint8Array }>;
}

function split(splitter: Splitter, file: Uint8Array): Uint8Array[] {
  return [...splitter.push(file), ...splitter.flush()].map(({ data }) => data.slice());
}

/** Adds slice data, free of start codes, until the picture has the wanted size. */
function fill(picture: Uint8Array): Uint8Array {
  if (picture.length >= VIDEO_BYTES) return picture;
  const filled = new Uint8Array(VIDEO_BYTES).fill(0x5a);
  filled.set(picture);
  return filled;
}
