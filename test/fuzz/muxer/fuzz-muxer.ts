import assert from 'node:assert/strict';
import {
  type AudioCodec,
  type FlvTag,
  type MediaPacket,
  Muxer,
  MuxerError,
  TagRole,
  type VideoCodec,
} from '@cloudpush/muxer';
import { mutate } from './mutate.js';
import { NaiveError } from './naive-bits.js';
import { NaiveMuxer } from './naive-muxer.js';
import type { Random } from './random.js';
import type { Seed } from './seeds.js';

const canary = 0xa5;

/** A packet in a buffer of its own, between bytes that nobody may touch. */
class Placed {
  readonly #memory: Buffer;
  readonly #headroom: number;
  readonly #before: Buffer;
  readonly packet: MediaPacket;

  constructor(
    data: Buffer,
    headroom: number,
    times: Pick<MediaPacket, 'dts' | 'pts' | 'keyFrame' | 'encrypted'>,
  ) {
    this.#headroom = headroom;
    this.#memory = Buffer.alloc(16 + headroom + data.length + 16, canary);
    this.#memory.set(data, 16 + headroom);
    this.#before = Buffer.from(this.#memory);
    this.packet = {
      data: this.#memory.subarray(16 + headroom, 16 + headroom + data.length),
      headroom,
      ...times,
    };
  }

  /** The packet's owner takes its memory back: what the muxer keeps must not be in it. */
  reuse(): void {
    this.#memory.fill(canary);
  }

  /** Nothing was written outside of packet and headroom; nothing at all where the packet is read only or was refused. */
  check(refused: boolean): void {
    const { length } = this.#memory;
    const same = (from: number, to: number): boolean =>
      this.#memory.compare(this.#before, from, to, from, to) === 0;
    if (this.#headroom === 0 || refused) assert.ok(same(0, length), 'written to');
    assert.ok(same(0, 16), 'written before the headroom');
    assert.ok(same(length - 16, length), 'written behind the packet');
  }
}

/** What came of a packet: error code, or tags with their bodies in hexadecimal, which a failure can print. */
type Outcome = string | object[];

function plain(tag: FlvTag): object {
  const body = Buffer.concat(tag.parts);
  assert.equal(body.length, tag.size, 'size is not the sum of the parts');
  assert.ok(tag.headroom >= 0 && tag.headroom <= tag.parts[0]!.byteOffset, 'headroom outside of the buffer');
  assert.ok(Number.isInteger(tag.timestamp) && tag.timestamp >= 0 && tag.timestamp < 2 ** 32, 'timestamp');
  return { type: tag.type, role: tag.role, timestamp: tag.timestamp, body: body.toString('hex') };
}

function run(muxer: Muxer, seed: Seed, placed: Placed): Outcome {
  const tags: FlvTag[] = [];
  try {
    if (seed.media === 'video') muxer.video(seed.codec as VideoCodec, placed.packet, tags);
    else muxer.audio(seed.codec as AudioCodec, placed.packet, tags);
  } catch (error) {
    if (!(error instanceof MuxerError)) throw error;
    placed.check(true);
    assert.equal(tags.length, 0, 'a refused packet has given tags');
    return error.code;
  }
  placed.check(false);
  return tags.map(plain);
}

function runNaive(naive: NaiveMuxer, seed: Seed, packet: MediaPacket, data: Buffer): Outcome {
  try {
    const copy = { ...packet, data };
    const tags =
      seed.media === 'video'
        ? naive.video(seed.codec as 'h264' | 'h265', copy)
        : naive.audio(seed.codec as 'aac' | 'mp3', copy);
    return tags.map((tag) => ({ ...tag, body: Buffer.from(tag.body).toString('hex') }));
  } catch (error) {
    if (!(error instanceof NaiveError)) throw error;
    return error.code;
  }
}

/** Chunk headers are written into the headroom, one message after the other: no other tag may suffer. */
function checkHeadroom(muxed: FlvTag[]): void {
  const before = muxed.map((tag) => Buffer.concat(tag.parts));
  for (const tag of muxed) {
    const first = tag.parts[0]!;
    Buffer.from(first.buffer, first.byteOffset - tag.headroom, tag.headroom).fill(canary);
  }
  muxed.forEach((tag, i) => {
    assert.deepEqual(Buffer.concat(tag.parts), before[i], 'headroom of one tag is part of another');
  });
}

const oracleCodecs = new Set<string>(['h264', 'h265', 'aac', 'mp3']);

/** Times that mostly go on, and sometimes jump, step back or make no sense. */
function time(now: number, wrapping: boolean, random: Random): number {
  if (random.chance(25))
    return random.pick([Number.NaN, -1, 0.5, Number.POSITIVE_INFINITY, now - 2000, now + 2 ** 31]);
  return wrapping ? Math.round(now) % 2 ** 32 : now;
}

/**
 * One stream of a few packets, some of them changed, through three muxers: in place, in slices, and the naive one.
 * They must agree on every tag and every error code, keep off bytes that are not theirs, and go on after errors.
 * Returns the number of packets.
 */
export function fuzzMuxer(seeds: readonly Seed[], random: Random): number {
  const seed = random.pick(seeds);
  const wrapping = random.chance(3);
  const legacyHevc = random.chance(2);
  const options = {
    hevcForm: legacyHevc ? 'legacy' : 'enhanced',
    inputClock: wrapping ? 'wrapping32' : 'native',
    colorInfo: 'never',
  } as const;
  const inPlace = new Muxer(options);
  const sliced = new Muxer(options);
  const naive = oracleCodecs.has(seed.codec) ? new NaiveMuxer({ wrapping, legacyHevc }) : undefined;
  let now = random.pick([0, 1000, 2 ** 32 - 60, 1e12]);
  if (wrapping) now %= 2 ** 32;
  const count = 1 + random.below(6);
  for (let i = 0; i < count; i++) {
    const original = seed.packets[Math.min(i, seed.packets.length - 1)]!;
    const data = mutate(original, random.pick(seed.packets), random);
    const dts = time(now, wrapping, random);
    const pts = random.chance(3) ? time(now + 40, wrapping, random) : dts;
    // A missing dts is derived from the reorder depth, which the naive side does not do.
    const times = {
      dts: Number.isNaN(dts) && seed.media === 'video' ? now : dts,
      pts,
      keyFrame: random.chance(10) ? random.chance(2) : undefined,
      encrypted: random.chance(15),
    };
    const placed = new Placed(data, random.pick([48, 48, 18, 9, 5, 1]), times);
    const outcome = run(inPlace, seed, placed);
    placed.reuse();
    const readOnly = new Placed(data, 0, times);
    assert.deepEqual(run(sliced, seed, readOnly), outcome, 'in place and sliced differ');
    readOnly.reuse();
    if (naive !== undefined)
      assert.deepEqual(runNaive(naive, seed, placed.packet, data), outcome, 'naive differs');
    now += seed.interval;
  }
  recovers(inPlace, seed, now, wrapping);
  return count;
}

/** The next good packets go through, whatever came before. */
function recovers(muxer: Muxer, seed: Seed, now: number, wrapping: boolean): void {
  const tags: FlvTag[] = [];
  const dts = now + 2 ** 31 + 2 ** 20;
  // A wrapping clock cannot jump that far, and may stand anywhere after the stream above.
  const target = wrapping ? new Muxer({ inputClock: 'wrapping32', colorInfo: 'never' }) : muxer;
  const times = wrapping ? 0 : dts;
  for (let i = 0; i < seed.packets.length; i++) {
    const { packet } = new Placed(Buffer.from(seed.packets[i]!), 48, {
      dts: times + i * 50,
      pts: times + i * 50,
    });
    if (seed.media === 'video') target.video(seed.codec as VideoCodec, packet, tags);
    else target.audio(seed.codec as AudioCodec, packet, tags);
  }
  const media = tags.filter(
    ({ role }) => role !== TagRole.videoSequenceHeader && role !== TagRole.audioSequenceHeader,
  );
  assert.ok(media.length > 0, 'good packets do not go through');
  checkHeadroom(tags);
}
