import { describe, expect, test } from 'vitest';
import { MuxerError } from '../errors.js';
import type { AvcPictureHeader } from './picture-header.js';
import { AvcPictureOrderCount } from './picture-order-count.js';
import { parseAvcPps } from './pps.js';
import { AvcSlicePrefix } from './slice-header.js';
import { avcFrameRate, avcReorderDepth, parseAvcSps } from './sps.js';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');

// Parameter sets that x264 (core 164) made.
const high = hex('6764000aacd9457b011000000300100000030320f1225960');
const baseline = hex('6742c00ad9057b011000000300100000030320f1226480');
const high422 = hex('677a0015b6cd9054fc4e022000000300200000064c0400249e000927d261807c50a658');
const pps = hex('68ebe3cb22c0');

describe('SPS', () => {
  test('of High profile tells everything', () => {
    const sps = parseAvcSps(high);
    expect(sps).toMatchObject({
      id: 0,
      profileIdc: 100,
      levelIdc: 10,
      width: 80,
      height: 48,
      bitDepthLuma: 8,
    });
    expect(avcFrameRate(sps)).toBe(25);
    expect(avcReorderDepth(sps)).toBe(2);
  });

  test('of Baseline has no chroma format and no reordering', () => {
    const sps = parseAvcSps(baseline);
    expect(sps).toMatchObject({
      profileIdc: 66,
      constraintFlags: 0xc0,
      chromaFormatIdc: 1,
      picOrderCntType: 2,
    });
    expect(avcReorderDepth(sps)).toBe(0);
  });

  test('of interlaced 4:2:2 10-bit counts fields, and reads scaling lists and HRD on the way', () => {
    const sps = parseAvcSps(high422);
    expect(sps).toMatchObject({
      chromaFormatIdc: 2,
      bitDepthLuma: 10,
      frameMbsOnly: false,
      width: 80,
      height: 48,
    });
    expect(avcFrameRate(sps)).toBe(25);
  });

  test('does not tell the reorder depth without bitstream restriction', () => {
    const { vui, ...rest } = parseAvcSps(high);
    expect(vui).toBeDefined();
    expect(avcReorderDepth({ ...rest, vui: undefined })).toBeUndefined();
    expect(avcFrameRate({ ...rest, vui: undefined })).toBeUndefined();
  });

  // Number of bytes that hold everything up to vui_parameters_present_flag.
  test.each([
    [high, 8],
    [baseline, 7],
    [high422, 10],
  ])('that is cut off is refused, but for its VUI', (sps, vuiAt) => {
    for (let length = 1; length < vuiAt; length++) {
      expect(() => parseAvcSps(sps.subarray(0, length)), `${length} bytes`).toThrow(MuxerError);
    }
    expect(parseAvcSps(sps.subarray(0, vuiAt + 1))).toEqual({ ...parseAvcSps(sps), vui: undefined });
  });
});

describe('PPS', () => {
  test('is read with its transform and its second offset', () => {
    expect(parseAvcPps(pps, () => parseAvcSps(high))).toEqual({
      id: 0,
      spsId: 0,
      entropyCodingMode: true,
      bottomFieldPicOrderInFramePresent: false,
    });
  });

  test('that is cut off is refused', () => {
    for (let length = 1; length < 4; length++) {
      expect(() => parseAvcPps(pps.subarray(0, length), () => undefined)).toThrow(
        expect.objectContaining({ code: 'ERR_CLOUDPUSH_PPS_CUT_OFF' }),
      );
    }
  });
});

test('a slice prefix is read through emulation prevention', () => {
  const slice = new AvcSlicePrefix();
  // 22 zeros, 1, and 22 bits of first_mb_in_slice begin with the bytes 00 00 02, which need an emulation
  // prevention byte.
  const nal = hex('4100000302ffffff');
  slice.read(nal, 0, nal.length);
  expect(slice.firstMbInSlice).toBe(2 ** 22 - 1 + 2 ** 21 - 1);
  expect(slice.ppsId).toBe(0);
});

/** §8.2.1, worked by hand for the fields that the types use. */
describe('picture order count', () => {
  const base = parseAvcSps(high);
  const picture = (fields: Partial<AvcPictureHeader>): AvcPictureHeader => ({
    sps: base,
    ppsId: 0,
    idr: false,
    reference: true,
    frameNum: 0,
    fieldPic: false,
    bottomField: false,
    idrPicId: 0,
    picOrderCntLsb: 0,
    deltaPicOrderCntBottom: 0,
    deltaPicOrderCnt: [0, 0],
    ...fields,
  });

  test('of type 0 goes on when the least significant bits wrap', () => {
    const sps = { ...base, picOrderCntType: 0, log2MaxPicOrderCntLsb: 4 };
    const order = new AvcPictureOrderCount();
    const counts = [0, 8, 4, 14, 2, 15].map((picOrderCntLsb, i) =>
      order.next(picture({ sps, idr: i === 0, picOrderCntLsb, reference: i !== 2 })),
    );
    expect(counts).toEqual([0, 8, 4, 14, 18, 15]);
  });

  test('of type 1 adds the offsets of the cycle', () => {
    const sps = {
      ...base,
      picOrderCntType: 1,
      offsetForRefFrame: [2, 4],
      offsetForNonRefPic: -1,
      log2MaxFrameNum: 4,
    };
    const order = new AvcPictureOrderCount();
    const next = (frameNum: number, reference = true) =>
      order.next(picture({ sps, idr: frameNum === 0, frameNum, reference }));
    expect([next(0), next(1), next(2), next(3, false), next(3), next(4)]).toEqual([0, 2, 6, 5, 8, 12]);
  });

  test('of type 2 follows the decoding order, also when frame_num wraps', () => {
    const sps = { ...base, picOrderCntType: 2, log2MaxFrameNum: 4 };
    const order = new AvcPictureOrderCount();
    const next = (frameNum: number, idr = false, reference = true) =>
      order.next(picture({ sps, idr, frameNum, reference }));
    expect([next(0, true), next(1), next(2, false, false), next(15), next(0)]).toEqual([0, 2, 3, 30, 32]);
  });
});
