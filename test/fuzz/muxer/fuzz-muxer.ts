import assert from 'node:assert/strict';
import {
  type AudioCodec,
  type ColorInfoOption,
  type FlvTag,
  type MediaPacket,
  Muxer,
  type MuxerOptions,
  TagRole,
  type VideoCodec,
} from '@cloudpush/muxer';
import { mutate } from './mutate.js';
import { NaiveError } from './naive-bits.js';
import { NaiveMuxer, type NaiveTag } from './naive-muxer.js';
import { checkHeadroom, type Details, flush, type Outcome, Placed, run } from './placed.js';
import type { Random } from './random.js';
import type { Seed } from './seeds.js';

function runNaive(naive: NaiveMuxer, seed: Seed, packet: MediaPacket, data: Buffer): Outcome {
  const copy = { ...packet, data };
  return naively((tags) => {
    if (seed.media === 'video') naive.video(seed.codec as 'h264' | 'h265', copy, tags);
    else tags.push(...naive.audio(seed.codec as 'aac' | 'mp3', copy));
  });
}

function naively(work: (tags: NaiveTag[]) => void): Outcome {
  const tags: NaiveTag[] = [];
  let code = '';
  try {
    work(tags);
  } catch (error) {
    if (!(error instanceof NaiveError)) throw error;
    code = error.code;
  }
  return { tags: tags.map((tag) => ({ ...tag, body: Buffer.from(tag.body).toString('hex') })), code };
}

const oracleCodecs = new Set<string>(['h264', 'h265', 'aac', 'mp3']);

/** Times that mostly go on, and sometimes jump, step back or make no sense. */
function time(now: number, wrapping: boolean, random: Random): number {
  if (random.chance(25))
    return random.pick([Number.NaN, -1, 0.5, Number.POSITIVE_INFINITY, now - 2000, now - 300, now + 2 ** 31]);
  return wrapping ? Math.round(now) % 2 ** 32 : now;
}

/** Track parameters are the same object until something in them changes, and then another one. */
class ParameterWatch {
  readonly #muxer: Muxer;
  readonly #seen: [unknown, string][] = [];

  constructor(muxer: Muxer) {
    this.#muxer = muxer;
  }

  check(): void {
    const parameters = this.#muxer.videoParameters ?? this.#muxer.audioParameters;
    if (parameters === undefined) return;
    const text = JSON.stringify(parameters);
    const [last, lastText] = this.#seen.at(-1) ?? [undefined, ''];
    assert.equal(
      parameters === last,
      text === lastText,
      `parameters have changed without a new object, or the reverse: ${text}`,
    );
    if (parameters !== last) this.#seen.push([parameters, text]);
  }
}

/** Plan of a stream; some of it changes while the stream runs. */
interface Plan {
  readonly wrapping: boolean;
  /** Decoding times are left out, which the naive side cannot derive. */
  readonly derived: boolean;
  readonly colorInfo: readonly ColorInfoOption[];
}

const colours: readonly ColorInfoOption[] = ['auto', 'never', {}, { colorConfig: { bitDepth: 10 } }];

function plan(seed: Seed, random: Random): Plan {
  const wrapping = random.chance(3);
  const derived = seed.media === 'video' && random.chance(4);
  // The naive side writes no colorInfo.
  const coloured = derived || !oracleCodecs.has(seed.codec);
  return { wrapping, derived, colorInfo: coloured ? colours : ['never'] };
}

function times(now: number, { wrapping, derived }: Plan, seed: Seed, random: Random): Details {
  const given = time(now, wrapping, random);
  const dts = derived && !random.chance(8) ? Number.NaN : given;
  const pts = random.chance(3) ? time(now + random.pick([40, 80, 120]), wrapping, random) : given;
  const keyFrame = random.chance(6) ? random.chance(2) : undefined;
  const missing = Number.isNaN(dts) && seed.media === 'video' && !derived;
  return { dts: missing ? now : dts, pts, keyFrame, encrypted: random.chance(15) };
}

/**
 * One stream of a few packets, some of them changed, through three muxers: in place, in slices, and the naive
 * one. They must agree on every tag and every error code, keep off bytes that are not theirs, and go on after
 * errors. Returns the number of packets.
 */
export function fuzzMuxer(seeds: readonly Seed[], random: Random): number {
  const seed = random.pick(seeds);
  const stream = plan(seed, random);
  const { wrapping } = stream;
  let legacyHevc = random.chance(2);
  const options: MuxerOptions = {
    hevcForm: legacyHevc ? 'legacy' : 'enhanced',
    inputClock: wrapping ? 'wrapping32' : 'native',
    colorInfo: random.pick(stream.colorInfo),
  };
  const warnings: string[] = [];
  const slicedWarnings: string[] = [];
  const inPlace = new Muxer({ ...options, onWarning: ({ code }) => warnings.push(code) });
  const sliced = new Muxer({ ...options, onWarning: ({ code }) => slicedWarnings.push(code) });
  const checked = oracleCodecs.has(seed.codec) && !stream.derived;
  let naive = checked ? new NaiveMuxer({ wrapping, legacyHevc }) : undefined;
  const parameters = new ParameterWatch(inPlace);
  let now = random.pick([0, 1000, 2 ** 32 - 60, 1e12]);
  if (wrapping) now %= 2 ** 32;
  let latest = now;
  const count = 1 + random.below(6);
  for (let i = 0; i < count; i++) {
    if (random.chance(6)) legacyHevc = !legacyHevc;
    const colorInfo = random.pick(stream.colorInfo);
    for (const muxer of [inPlace, sliced]) {
      muxer.hevcForm = legacyHevc ? 'legacy' : 'enhanced';
      muxer.colorInfo = colorInfo;
    }
    if (naive !== undefined) naive.legacyHevc = legacyHevc;
    const original = seed.packets[Math.min(i, seed.packets.length - 1)]!;
    const data = mutate(original, random.pick(seed.packets), random);
    const at = times(now, stream, seed, random);
    const placed = new Placed(data, random.pick([48, 48, 18, 9, 5, 1]), at);
    const frameRate = inPlace.videoParameters?.frameRate;
    const outcome = run(inPlace, seed, placed);
    placed.reuse();
    if (naive !== undefined && seed.media === 'video') {
      naive.frameDuration = frameRate === undefined ? 1 : 1000 / frameRate;
      // Between its pictures the frame rate has become known, which the naive side does not read.
      const isNew = frameRate !== inPlace.videoParameters?.frameRate;
      if (isNew && naive.picturesIn(seed.codec as 'h264' | 'h265', data) > 1) naive = undefined;
    }
    parameters.check();
    const readOnly = new Placed(data, 0, at);
    assert.deepEqual(run(sliced, seed, readOnly), outcome, 'in place and sliced differ');
    readOnly.reuse();
    assert.deepEqual(slicedWarnings, warnings, 'warnings in place and sliced differ');
    if (naive !== undefined) {
      assert.deepEqual(runNaive(naive, seed, placed.packet, data), outcome, 'naive differs');
      assert.deepEqual(naive.warnings, warnings, 'warnings of naive differ');
    }
    if (outcome.tags.length > 0) latest = clockOf(seed, at);
    now += seed.interval;
  }
  const last = flush(inPlace);
  assert.deepEqual(flush(sliced), last, 'in place and sliced differ at the end');
  const oracle = naive;
  if (oracle !== undefined)
    assert.deepEqual(
      naively((tags) => oracle.flush(tags)),
      last,
      'naive differs at the end',
    );
  recovers(inPlace, seed, latest, wrapping);
  return count;
}

/** The time that a packet has moved the clock to, or at most to. */
function clockOf(seed: Seed, { dts, pts }: Details): number {
  const shown = seed.codec === 'av1' || seed.codec === 'vp9';
  const [first, second] = shown ? [pts, dts] : [dts, pts];
  return Number.isNaN(first) ? second : first;
}

/** The next good packets go through the same muxer, whatever came before. */
function recovers(muxer: Muxer, seed: Seed, latest: number, wrapping: boolean): void {
  const tags: FlvTag[] = [];
  // Behind every time that the stream above may have been given; a wrapping clock has no more than its half
  // to go, in whole ms.
  const start = wrapping ? Math.ceil(latest) + 10_000 : latest + 2 ** 33;
  for (let i = 0; i < seed.packets.length; i++) {
    const time = wrapping ? (start + i * 50) % 2 ** 32 : start + i * 50;
    const { packet } = new Placed(Buffer.from(seed.packets[i]!), 48, { dts: time, pts: time });
    if (seed.media === 'video') muxer.video(seed.codec as VideoCodec, packet, tags);
    else muxer.audio(seed.codec as AudioCodec, packet, tags);
  }
  muxer.flush(tags);
  const media = tags.filter(
    ({ role }) => role !== TagRole.videoSequenceHeader && role !== TagRole.audioSequenceHeader,
  );
  assert.ok(media.length > 0, 'good packets do not go through');
  checkHeadroom(tags);
}
