import assert from 'node:assert/strict';
import {
  AccessUnitSplitter,
  AdtsSplitter,
  type AudioCodec,
  FlvDemuxer,
  FlvReader,
  type FlvTag,
  FlvWriter,
  Mp3Splitter,
  Muxer,
  MuxerError,
  type VideoCodec,
} from '@cloudpush/muxer';
import { mutate } from './mutate.js';
import type { Random } from './random.js';
import type { Seed } from './seeds.js';

/** Something that takes bytes in pieces, in terms of what came out of it. */
type PieceReader = (pieces: readonly Buffer[]) => string;

function describe(run: () => unknown): string {
  try {
    return JSON.stringify(run());
  } catch (error) {
    if (!(error instanceof MuxerError)) throw error;
    return error.code;
  }
}

const hash = (data: Uint8Array): string => Buffer.from(data).toString('latin1');

const readFlv: PieceReader = (pieces) => {
  const reader = new FlvReader();
  const demuxer = new FlvDemuxer();
  const seen: unknown[] = [];
  const result = describe(() => {
    for (const piece of pieces) {
      for (const tag of reader.push(piece)) {
        seen.push([tag.type, tag.timestamp, tag.offset, hash(tag.payload)]);
        seen.push(describe(() => demuxer.demux(tag)?.data.length));
      }
    }
    return reader.end();
  });
  return JSON.stringify([seen, result]);
};

const splitVideo =
  (codec: 'h264' | 'h265'): PieceReader =>
  (pieces) => {
    const splitter = new AccessUnitSplitter(codec);
    const units = [...pieces.flatMap((piece) => splitter.push(piece)), ...splitter.flush()];
    return JSON.stringify(units.map((unit) => ({ ...unit, data: hash(unit.data) })));
  };

const splitAudio =
  (codec: 'aac' | 'mp3'): PieceReader =>
  (pieces) => {
    const splitter = codec === 'aac' ? new AdtsSplitter() : new Mp3Splitter();
    const frames = [...pieces.flatMap((piece) => splitter.push(piece)), ...splitter.flush()];
    return JSON.stringify([
      splitter.skippedBytes,
      frames.map((frame) => ({ ...frame, data: hash(frame.data) })),
    ]);
  };

function cutUp(bytes: Buffer, random: Random): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const size = 1 + random.below(random.chance(4) ? 4 : 900);
    pieces.push(Buffer.from(bytes.subarray(at, at + size)));
    at += size;
  }
  return pieces;
}

/** An FLV file of a seed, as the muxer and the writer make it. */
function flvOf(seed: Seed): Buffer {
  const muxer = new Muxer();
  const writer = new FlvWriter();
  const tags: FlvTag[] = [];
  seed.packets.forEach((data, i) => {
    const packet = { data, headroom: 0, dts: i * seed.interval, pts: i * seed.interval };
    if (seed.media === 'video') muxer.video(seed.codec as VideoCodec, packet, tags);
    else muxer.audio(seed.codec as AudioCodec, packet, tags);
  });
  return Buffer.concat([writer.header(), ...tags.flatMap((tag) => writer.tag(tag))]);
}

/** Bytes of a file or a stream, changed, read in one piece and in many: the same must come out. */
export function fuzzReaders(seeds: readonly Seed[], random: Random): number {
  const seed = random.pick(seeds);
  const stream = seed.packets.slice(0, 1 + random.below(seed.packets.length));
  const flv = random.chance(2) || !['h264', 'h265', 'aac', 'mp3'].includes(seed.codec);
  const whole = flv ? flvOf({ ...seed, packets: stream }) : Buffer.concat(stream);
  const bytes = mutate(whole, random.pick(seed.packets), random);
  const read: PieceReader = flv
    ? readFlv
    : seed.media === 'video'
      ? splitVideo(seed.codec as 'h264' | 'h265')
      : splitAudio(seed.codec as 'aac' | 'mp3');
  assert.equal(read(cutUp(bytes, random)), read([bytes]), `${seed.name}: pieces and whole differ`);
  return 1;
}
