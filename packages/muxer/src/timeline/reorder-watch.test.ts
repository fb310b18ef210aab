import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { BitReader } from '../bits/bit-reader.js';
import { AccessUnitSplitter } from '../elementary/access-unit-splitter.js';
import { type FlvTag, TagRole } from '../flv/flv-tag.js';
import { Muxer } from '../muxer/muxer.js';
import { removeEmulationPrevention } from '../nal/emulation-prevention.js';
import { DtsFromPts } from './dts-from-pts.js';
import { ReorderWatch } from './reorder-watch.js';

/**
 * Pictures of a group in decoding order, by their places in output order, counted from the picture in front
 * of the group.
 */
const groups: Record<string, number[]> = {
  'no B-pictures': [1],
  'one B-picture': [2, 1],
  'three B-pictures': [4, 1, 2, 3],
  'a pyramid': [4, 2, 1, 3],
  'a pyramid of seven': [8, 4, 2, 1, 3, 6, 5, 7],
};

/** Decoding times of a stream that begins with an IDR picture, and the presentation times they belong to. */
function derive(
  places: readonly number[],
  unit: number,
  start: number,
  frame = 40,
): [dts: number, pts: number][] {
  const watch = new ReorderWatch(start);
  const deriver = new DtsFromPts();
  return places.map((place, i) => {
    const pts = 5000 + place * frame;
    watch.see(place * unit, i === 0, pts);
    const dts = deriver.propose(pts, undefined, watch, undefined, i === 0, Number.NEGATIVE_INFINITY);
    deriver.accept();
    return [dts, pts];
  });
}

const stream = (group: readonly number[], count: number): number[] => {
  const places = [0];
  for (let i = 0; i < count; i++) places.push(...group.map((place) => i * group.length + place));
  return places;
};

describe('decoding times of a stream that does not tell its reorder depth', () => {
  test.each(Object.entries(groups))(
    'rise, never lie behind the pts, and lag no more than they must: %s',
    (_name, group) => {
      for (const [unit, start] of [
        [2, 2],
        [1, 1],
        [4, 2],
      ] as const) {
        const times = derive(stream(group, 20), unit, start);
        const depth = Math.max(
          ...group.map((place, i) => group.slice(0, i).filter((other) => other > place).length),
        );
        let last = Number.NEGATIVE_INFINITY;
        for (const [i, [dts, pts]] of times.entries()) {
          expect(dts).toBeGreaterThan(last);
          expect(dts).toBeLessThanOrEqual(pts);
          // Once the stream has shown what it is, the decoding times are those of an encoder.
          if (i > 6 * group.length + 6) expect(5000 + i * 40 - dts).toBeLessThanOrEqual((depth + 1) * 40);
          last = dts;
        }
      }
    },
  );

  test('are the presentation times where pictures are left out, but for a moment', () => {
    const places = Array.from({ length: 60 }, (_, i) => (i < 20 ? i : i < 40 ? i + 1 : 2 * i - 38));
    const times = derive(places, 2, 2);
    for (const [dts, pts] of times) expect(pts - dts).toBeLessThanOrEqual(8 * 40);
    expect(times.at(-1)![0]).toBe(times.at(-1)![1]);
  });

  test('begin anew with a new clock, and remember the depth', () => {
    const watch = new ReorderWatch(2);
    for (const [i, place] of stream(groups['a pyramid']!, 3).entries())
      watch.see(place * 2, i === 0, place * 40);
    expect(watch.depth).toBe(2);
    watch.restart();
    expect([watch.depth, watch.bound]).toEqual([2, Number.POSITIVE_INFINITY]);
    watch.see(Number.NaN, false, 0);
    expect(watch.bound).toBe(Number.POSITIVE_INFINITY);
  });
});

/**
 * A NAL unit's first `bits` bits behind its header, then `rest`, or as many bits from `from` on as there are.
 */
function rewritten(
  nal: Uint8Array,
  upTo: (reader: BitReader) => [position: number, bits: string, from: number],
): Buffer {
  const rbsp = removeEmulationPrevention(nal);
  const all = [...rbsp].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const [position, bits, from] = upTo(new BitReader(rbsp));
  const text = all.slice(0, position) + bits + (from < 0 ? '1' : all.slice(from));
  const bytes = text.match(/.{1,8}/g)!.map((byte) => Number.parseInt(byte.padEnd(8, '0'), 2));
  const escaped: number[] = [];
  for (const byte of bytes) {
    if (byte <= 3 && escaped.at(-1) === 0 && escaped.at(-2) === 0) escaped.push(3);
    escaped.push(byte);
  }
  return Buffer.from(escaped);
}

/**
 * An SPS without vui_parameters() (ISO/IEC 14496-10 §7.3.2.1.1), of a High profile with picture order count
 * type 0.
 */
const withoutVui = (nal: Uint8Array): Buffer =>
  rewritten(nal, (reader) => {
    reader.skip(32);
    for (let i = 0; i < 4; i++) reader.ue(); // seq_parameter_set_id to bit_depth_chroma_minus8
    reader.skip(2);
    for (let i = 0; i < 4; i++) reader.ue(); // log2_max_frame_num_minus4 to max_num_ref_frames
    reader.skip(1);
    reader.ue();
    reader.ue();
    reader.skip(2); // frame_mbs_only_flag 1, direct_8x8_inference_flag
    if (reader.flag()) for (let i = 0; i < 4; i++) reader.ue();
    return [reader.position, '0', -1];
  });

/** An SPS that tells a reorder depth of 0 (ISO/IEC 23008-2 §7.3.2.2.1), of one sub-layer. */
const withoutReordering = (nal: Uint8Array): Buffer =>
  rewritten(nal, (reader) => {
    reader.skip(16 + 8 + 96);
    reader.ue();
    reader.ue(); // chroma_format_idc, 4:2:0
    reader.ue();
    reader.ue();
    if (reader.flag()) for (let i = 0; i < 4; i++) reader.ue();
    for (let i = 0; i < 3; i++) reader.ue();
    reader.skip(1);
    reader.ue(); // sps_max_dec_pic_buffering_minus1
    const { position } = reader;
    reader.ue();
    return [position, '1', reader.position];
  });

/** NAL units behind 3- or 4-byte start codes. */
function nalUnits(data: Buffer): Buffer[] {
  const units: Buffer[] = [];
  let start = data.indexOf('000001', 0, 'hex');
  while (start >= 0) {
    const next = data.indexOf('000001', start + 3, 'hex');
    const end = next < 0 ? data.length : data[next - 1] === 0 ? next - 1 : next;
    units.push(data.subarray(start + 3, end));
    start = next;
  }
  return units;
}

describe('a stream of B-pictures with presentation times only', () => {
  test.each([
    ['h264', 'bframes.h264', (nal: Uint8Array) => ((nal[0]! & 31) === 7 ? withoutVui(nal) : nal), 0],
    ['h265', 'bframes.h265', (nal: Uint8Array) => (nal[0]! >> 1 === 33 ? withoutReordering(nal) : nal), 3],
  ] as const)('goes out whole although its SPS does not tell so: %s', (codec, file, change, steps) => {
    const original = new AccessUnitSplitter(codec);
    const path = new URL(`../../../../test/fixtures/${file}`, import.meta.url);
    const units = [...original.push(readFileSync(path)), ...original.flush()];
    const told: string[] = [];
    const muxer = new Muxer({ onWarning: ({ code }) => told.push(code) });
    const tags: FlvTag[] = [];
    for (const { data, presentationIndex } of units) {
      const nals = nalUnits(Buffer.from(data));
      const changed = nals.map((nal) => Buffer.concat([Buffer.of(0, 0, 0, 1), change(nal)]));
      const pts = 1000 + presentationIndex * 40;
      muxer.video(codec, { data: Buffer.concat(changed), headroom: 0, dts: Number.NaN, pts }, tags);
    }
    expect(muxer.videoParameters!.reorderDepth).toBe(codec === 'h264' ? undefined : 0);
    const pictures = tags.filter(({ role }) => role !== TagRole.videoSequenceHeader);
    expect(pictures).toHaveLength(units.length);
    const stamps = pictures.map(({ timestamp }) => timestamp);
    for (const [i, stamp] of stamps.slice(1).entries()) expect(stamp).toBeGreaterThanOrEqual(stamps[i]!);
    // Wrong fields of the SPS are noticed with the first group of pictures that comes back.
    expect(told.length).toBeLessThanOrEqual(steps);
  });
});
