import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from 'vitest';
import { BitWriter } from '../bits/bit-writer.js';
import { parseAvcSps } from '../h264/sps.js';
import { AccessUnitSplitter } from './access-unit-splitter.js';
import { AdtsSplitter } from './adts-splitter.js';
import { Mp3Splitter } from './mp3-splitter.js';
import { type OrderedPicture, PresentationOrder } from './presentation-order.js';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

// Four pictures of x264 with B-frames, as far as headers go: parameter sets, IDR, P, b, b (core 164,
// bframes=2).
const sets = '00000001 6764000aacd9457b011000000300100000030320f1225960 00000001 68ebe3cb22c0';
const idr = '000001 6588840047dae398';
const pictures = ['00000001 419a236c457fbc7c', '00000001 419e417884bff811d5', '00000001 019e626a42dff8583c'];
const stream = hex([sets, idr, ...pictures].join(''));

function split(pieces: readonly Uint8Array[], codec: 'h264' | 'h265' = 'h264') {
  const splitter = new AccessUnitSplitter(codec);
  return [...pieces.flatMap((piece) => splitter.push(piece)), ...splitter.flush()];
}

describe('AccessUnitSplitter', () => {
  test('keeps parameter sets with their picture and puts pictures in presentation order', () => {
    const units = split([stream]);
    expect(units.map(({ data }) => Buffer.from(data).toString('hex'))).toEqual([
      hex(sets + idr).toString('hex'),
      ...pictures.map((picture) => hex(picture).toString('hex')),
    ]);
    expect(units.map(({ keyFrame }) => keyFrame)).toEqual([true, false, false, false]);
    expect(units.map(({ pictureOrderCount }) => pictureOrderCount)).toEqual([0, 6, 2, 4]);
    expect(units.map(({ presentationIndex }) => presentationIndex)).toEqual([0, 3, 1, 2]);
    expect(units.map(({ decodingIndex }) => decodingIndex)).toEqual([-2, -1, 0, 1]);
  });

  test('gives the same wherever the stream is split, and byte by byte', () => {
    const whole = split([stream]);
    for (let at = 1; at < stream.length; at++) {
      const parts = split([stream.subarray(0, at), stream.subarray(at)]);
      if (!isDeepStrictEqual(parts, whole)) expect(parts, `split at ${at}`).toEqual(whole);
    }
    expect(split([...stream].map((byte) => Uint8Array.of(byte)))).toEqual(whole);
  });

  test('leaves out what is before the first start code', () => {
    expect(split([hex('aabbcc'), stream])[0]!.data.length).toBe(hex(sets + idr).length);
  });

  test('cuts by first_mb_in_slice when the parameter sets are missing', () => {
    expect(split([hex(`${idr}${pictures[0]}`)])).toHaveLength(2);
  });

  test('decoding times do not step back when another SPS has a greater reorder depth', () => {
    // Baseline of x264, then the stream with B-frames.
    const flat = '00000001 6742c00ad9057b011000000300100000030320f1226480 00000001 68cb83cb20';
    const p = '00000001 419a236c457fbc7c';
    const units = split([hex([flat, idr, p].join('')), stream]);
    const decoding = units.map(({ decodingIndex }) => decodingIndex);
    expect(decoding).toEqual([0, 1, 1, 1, 2, 3]);
    for (const unit of units) expect(unit.decodingIndex).toBeLessThanOrEqual(unit.presentationIndex);
  });

  test('measures the reorder depth when the SPS does not tell it', () => {
    // The same SPS without its VUI: the flag and everything behind it gone, and the stop bit in its place.
    const withoutVui = '00000001 6764000aacd94579 00000001 68ebe3cb22c0';
    const units = split([hex([withoutVui, idr, ...pictures].join(''))]);
    expect(units.map(({ presentationIndex }) => presentationIndex)).toEqual([0, 3, 1, 2]);
    expect(units[0]!.decodingIndex).toBe(-1);
  });
});

describe('fields', () => {
  // An SPS of x264 for interlaced video, and the first fields of slice_header() (ISO/IEC 14496-10 §7.3.3)
  // behind it.
  const interlaced = '677a0015b6cd9054fc4e022000000300200000064c0400249e000927d261807c50a658';
  const sps = parseAvcSps(hex(interlaced));
  const field = (idr: boolean, frameNum: number, bottom: boolean, lsb: number): string => {
    const writer = new BitWriter();
    writer.bits(8, idr ? 0x65 : 0x41);
    writer.bits(1, 1); // first_mb_in_slice 0
    writer.bits(7, 0b0001000); // slice_type 7: I
    writer.bits(1, 1); // pic_parameter_set_id 0
    writer.bits(sps.log2MaxFrameNum, frameNum);
    writer.bits(2, bottom ? 3 : 2); // field_pic_flag, bottom_field_flag
    if (idr) writer.bits(1, 1); // idr_pic_id 0
    writer.bits(sps.log2MaxPicOrderCntLsb, lsb);
    writer.bits(24, 0xffffff);
    return `00000001${Buffer.from(writer.finish()).toString('hex')}`;
  };

  test('of a frame stay in one access unit, and those of the next do not', () => {
    const parameterSets = `00000001${interlaced}0000000168fe8f2cc00b`;
    const frames = [
      field(true, 0, false, 0) + field(false, 0, true, 1),
      field(false, 1, false, 2) + field(false, 1, true, 3),
      field(false, 2, false, 4) + field(false, 2, true, 5),
    ];
    const units = split([hex(parameterSets + frames.join(''))]);
    expect(units.map(({ data }) => Buffer.from(data).toString('hex'))).toEqual([
      hex(parameterSets + frames[0]).toString('hex'),
      hex(frames[1]!).toString('hex'),
      hex(frames[2]!).toString('hex'),
    ]);
    expect(units.map(({ presentationIndex }) => presentationIndex)).toEqual([0, 1, 2]);
  });
});

// Two frames of ffmpeg's AAC encoder with their headers; only the lengths and headers matter here.
const adtsFrame = (length: number, fill: number): Buffer => {
  const frame = Buffer.alloc(length, fill);
  hex('fff15040001ffc').copy(frame);
  frame[4] = length >> 3;
  frame[5] = ((length & 7) << 5) | 0x1f;
  return frame;
};
const adts = Buffer.concat([adtsFrame(20, 1), adtsFrame(31, 2), adtsFrame(9, 3)]);

describe('AdtsSplitter', () => {
  test('gives frames with times that are counted in samples, wherever the stream is split', () => {
    for (let at = 0; at <= adts.length; at++) {
      const splitter = new AdtsSplitter();
      const pieces = [adts.subarray(0, at), adts.subarray(at)];
      const frames = [...pieces.flatMap((piece) => splitter.push(piece)), ...splitter.flush()];
      expect(frames.map(({ data }) => data.length)).toEqual([20, 31, 9]);
      expect(frames.map(({ time }) => time)).toEqual([0, 1024_000 / 44_100, 2048_000 / 44_100]);
      expect(splitter.skippedBytes).toBe(0);
    }
  });

  test('finds its way again behind damage, and counts what it skipped', () => {
    const splitter = new AdtsSplitter();
    const damaged = Buffer.concat([
      hex('ff00fff1ffff00'),
      adts.subarray(0, 51),
      hex('0011'),
      adts.subarray(0, 51),
    ]);
    const frames = [...splitter.push(damaged), ...splitter.flush()];
    expect(frames.map(({ data }) => data.length)).toEqual([20, 31, 20, 31]);
    expect(frames.map(({ offset }) => offset)).toEqual([7, 27, 60, 80]);
    expect(frames.map(({ skippedBytes }) => skippedBytes)).toEqual([7, 0, 2, 0]);
    expect(splitter.skippedBytes).toBe(9);
  });

  const frames = [20, 31, 40, 27, 33].map((length, i) => adtsFrame(length, i + 1));
  const split = (stream: Buffer, piece: number) => {
    const splitter = new AdtsSplitter();
    const out = [];
    for (let at = 0; at < stream.length; at += piece)
      out.push(...splitter.push(stream.subarray(at, at + piece)));
    out.push(...splitter.flush());
    return {
      splitter,
      lengths: out.map(({ data }) => data.length),
      times: out.map(({ time }) => Math.round(time)),
    };
  };
  const clean = split(Buffer.concat(frames), 1000);

  test.each([
    ['zeros', '00000000'],
    ['one byte', '07'],
    ['ones', 'ffffff'],
    ['a sync word', 'fff1'],
    ['8 bytes', '1122334455667788'],
  ])('takes all frames with padding of %s behind each, in pieces of any size', (_name, padding) => {
    const stream = Buffer.concat(frames.flatMap((frame) => [frame, hex(padding)]));
    for (const piece of [1, 7, 64, 1000]) {
      const { splitter, lengths, times } = split(stream, piece);
      expect([lengths, times]).toEqual([clean.lengths, clean.times]);
      expect(splitter.lostFrames).toBe(0);
    }
  });

  test('a damaged frame costs itself alone, and its time goes by', () => {
    const headless = Buffer.from(frames[2]!);
    headless[0] = 0x55;
    const tooLong = Buffer.from(frames[2]!);
    tooLong[4] = 100 >> 3;
    for (const damaged of [headless, tooLong]) {
      const { splitter, lengths, times } = split(Buffer.concat(frames.with(2, damaged)), 1000);
      expect(lengths).toEqual([20, 31, 27, 33]);
      expect(times).toEqual(clean.times.toSpliced(2, 1));
      expect(splitter.lostFrames).toBe(1);
    }
  });

  test('counts a cut-off last frame as skipped', () => {
    const splitter = new AdtsSplitter();
    expect(splitter.push(adts.subarray(0, 55))).toHaveLength(2);
    expect(splitter.flush()).toHaveLength(0);
    expect(splitter.skippedBytes).toBe(4);
  });
});

describe('Mp3Splitter', () => {
  // MPEG-1 layer III, 32 kbit/s, 44.1 kHz: 104 bytes; with the padding bit one more.
  const frame = (padding: number, fill: number): Buffer => {
    const bytes = Buffer.alloc(104 + padding, fill);
    bytes.set([0xff, 0xfb, 0x10 | (padding << 1), 0xc0]);
    return bytes;
  };
  const id3 = Buffer.concat([Buffer.from('ID3'), hex('0400 00 00000014'), Buffer.alloc(20, 0xff)]);
  const info = frame(0, 0);
  info.write('Info', 21, 'latin1');
  const id3v1 = Buffer.concat([Buffer.from('TAG'), Buffer.alloc(125, 32)]);

  test('leaves out ID3 tags and the Info frame, wherever the stream is split', () => {
    const stream = Buffer.concat([id3, info, frame(0, 1), frame(1, 2), id3v1]);
    for (let at = 0; at <= stream.length; at++) {
      const splitter = new Mp3Splitter();
      const pieces = [stream.subarray(0, at), stream.subarray(at)];
      const frames = [...pieces.flatMap((piece) => splitter.push(piece)), ...splitter.flush()];
      expect(frames.map(({ data }) => data.length)).toEqual([104, 105]);
      expect(frames.map(({ offset }) => offset)).toEqual([id3.length + 104, id3.length + 208]);
      expect(frames[1]).toMatchObject({
        sampleRate: 44_100,
        channels: 1,
        samples: 1152,
        time: 1152_000 / 44_100,
      });
      expect(splitter.skippedBytes).toBe(0);
    }
  });
});

test('PresentationOrder decides on a depth once it holds enough bytes', () => {
  const order = new PresentationOrder();
  const description = { pictureOrderCount: 0, orderReset: true, keyFrame: true, reorderDepth: undefined };
  const picture = (): OrderedPicture => {
    const data = new Uint8Array(9_000_000);
    return {
      description: description as OrderedPicture['description'],
      data,
      decodingIndex: 0,
      presentationIndex: -1,
    };
  };
  const unordered = { ...description, orderReset: false } as OrderedPicture['description'];
  expect(order.push(picture())).toEqual([]);
  expect(order.push({ ...picture(), description: unordered })).toHaveLength(2);
});
