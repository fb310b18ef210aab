import { NaiveBits, NaiveError, withoutEmulation } from './naive-bits.js';

// H.264 parameter sets, read line by line as the syntax tables of ISO/IEC 14496-10 §7.3.2 and Annex E have
// them.

export interface NaiveAvcSps {
  id: number;
  profile: number;
  constraints: number;
  level: number;
  chroma: number;
  lumaDepth: number;
  chromaDepth: number;
  width: number;
  height: number;
  /** The parameter sets that the headers of its slices are read by. */
  separate: boolean;
  frameNumBits: number;
  orderType: number;
  orderBits: number;
  alwaysZero: boolean;
  framesOnly: boolean;
  nal: readonly number[];
}

export interface NaiveAvcPps {
  id: number;
  spsId: number;
  bottomFieldOrder: boolean;
  nal: readonly number[];
}

export const highProfiles = [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135];

function scalingLists(bits: NaiveBits, count: number): void {
  for (let list = 0; list < count; list++) {
    if (!bits.flag()) continue;
    let last = 8;
    let next = 8;
    for (let i = 0; i < (list < 6 ? 16 : 64); i++) {
      if (next !== 0) next = (last + bits.in(bits.se(), -128, 127) + 256) % 256;
      if (next !== 0) last = next;
    }
  }
}

export function naiveAvcSps(nal: readonly number[]): NaiveAvcSps {
  const bits = new NaiveBits(
    withoutEmulation(nal),
    1,
    'ERR_CLOUDPUSH_SPS_CUT_OFF',
    'ERR_CLOUDPUSH_SPS_INVALID',
  );
  const profile = bits.u(8);
  const constraints = bits.u(8);
  const level = bits.u(8);
  const id = bits.in(bits.ue(), 0, 31);
  let chroma = 1;
  let separate = false;
  let lumaDepth = 8;
  let chromaDepth = 8;
  if (highProfiles.includes(profile)) {
    chroma = bits.in(bits.ue(), 0, 3);
    if (chroma === 3) separate = bits.flag();
    lumaDepth = 8 + bits.in(bits.ue(), 0, 6);
    chromaDepth = 8 + bits.in(bits.ue(), 0, 6);
    bits.u(1);
    if (bits.flag()) scalingLists(bits, chroma === 3 ? 12 : 8);
  }
  const frameNumBits = 4 + bits.in(bits.ue(), 0, 12);
  const orderType = bits.in(bits.ue(), 0, 2);
  const orderBits = orderType === 0 ? 4 + bits.in(bits.ue(), 0, 12) : 0;
  let alwaysZero = true;
  if (orderType === 1) {
    alwaysZero = bits.flag();
    bits.se();
    bits.se();
    const cycle = bits.in(bits.ue(), 0, 255);
    for (let i = 0; i < cycle; i++) bits.se();
  }
  bits.in(bits.ue(), 0, 16);
  bits.u(1);
  const macroblocksWide = bits.in(bits.ue(), 0, 4095) + 1;
  const mapUnitsHigh = bits.in(bits.ue(), 0, 4095) + 1;
  const framesOnly = bits.flag();
  if (!framesOnly) bits.u(1);
  bits.u(1);
  let width = 16 * macroblocksWide;
  let height = 16 * mapUnitsHigh * (framesOnly ? 1 : 2);
  if (bits.flag()) {
    const array = separate ? 0 : chroma;
    const unitX = array === 1 || array === 2 ? 2 : 1;
    const unitY = (array === 1 ? 2 : 1) * (framesOnly ? 1 : 2);
    const left = bits.ue();
    const right = bits.ue();
    const top = bits.ue();
    const bottom = bits.ue();
    width -= bits.in((left + right) * unitX, 0, width - 1);
    height -= bits.in((top + bottom) * unitY, 0, height - 1);
  }
  // The last thing that is asked of an SPS is whether it has a VUI; nothing in that matters to a tag.
  bits.flag();
  const slices = { separate, frameNumBits, orderType, orderBits, alwaysZero, framesOnly };
  return { id, profile, constraints, level, chroma, lumaDepth, chromaDepth, width, height, ...slices, nal };
}

export function naiveAvcPps(nal: readonly number[], spsList: readonly NaiveAvcSps[]): NaiveAvcPps {
  const bits = new NaiveBits(
    withoutEmulation(nal),
    1,
    'ERR_CLOUDPUSH_PPS_CUT_OFF',
    'ERR_CLOUDPUSH_PPS_INVALID',
  );
  const id = bits.in(bits.ue(), 0, 255);
  const spsId = bits.in(bits.ue(), 0, 31);
  bits.u(1);
  const bottomFieldOrder = bits.flag();
  // Slice groups need the picture size: neither side reads on.
  if (bits.in(bits.ue(), 0, 7) > 0) return { id, spsId, bottomFieldOrder, nal };
  bits.in(bits.ue(), 0, 31);
  bits.in(bits.ue(), 0, 31);
  bits.u(1);
  bits.in(bits.u(2), 0, 2);
  bits.in(bits.se(), -62, 25);
  bits.in(bits.se(), -26, 25);
  bits.in(bits.se(), -12, 12);
  bits.u(3);
  if (!bits.more()) return { id, spsId, bottomFieldOrder, nal };
  const transform8x8 = bits.flag();
  if (bits.flag()) {
    const sps = spsList.find((candidate) => candidate.id === spsId);
    if (sps === undefined) return { id, spsId, bottomFieldOrder, nal };
    scalingLists(bits, 6 + (transform8x8 ? (sps.chroma === 3 ? 6 : 2) : 0));
  }
  bits.in(bits.se(), -12, 12);
  return { id, spsId, bottomFieldOrder, nal };
}

/** seq_parameter_set_id of an SPS extension. */
export function naiveAvcSpsExtension(nal: readonly number[]): number {
  const bits = new NaiveBits(
    withoutEmulation(nal),
    1,
    'ERR_CLOUDPUSH_SPS_CUT_OFF',
    'ERR_CLOUDPUSH_SPS_INVALID',
  );
  return bits.in(bits.ue(), 0, 31);
}

/** pic_parameter_set_id of a slice. */
export function naiveAvcSlicePps(nal: readonly number[]): number {
  const bits = new NaiveBits(
    withoutEmulation(nal).slice(0, 26),
    1,
    'ERR_CLOUDPUSH_VIDEO_CUT_OFF',
    'ERR_CLOUDPUSH_VIDEO_SLICE_INVALID',
  );
  bits.ue();
  const type = bits.ue();
  const id = bits.ue();
  if (type > 9 || id > 255) throw new NaiveError('ERR_CLOUDPUSH_VIDEO_SLICE_INVALID');
  return id;
}

/**
 * The fields that the slices of a picture share, as text, with its field apart; undefined where it cannot be
 * read.
 */
export function naiveAvcPicture(
  nal: readonly number[],
  ppsList: readonly NaiveAvcPps[],
  spsList: readonly NaiveAvcSps[],
): { frame: string; field: number; order: string; idr: boolean } | undefined {
  const code = 'ERR_CLOUDPUSH_VIDEO_CUT_OFF';
  const bits = new NaiveBits(withoutEmulation(nal).slice(0, 64), 1, code, code);
  try {
    bits.ue();
    bits.ue();
    const ppsId = bits.ue();
    const pps = ppsList.find(({ id }) => id === ppsId);
    const sps = spsList.find(({ id }) => id === pps?.spsId);
    if (pps === undefined || sps === undefined) return undefined;
    const idr = nal[0]! % 32 === 5;
    if (sps.separate) bits.u(2);
    const frameNum = bits.u(sps.frameNumBits);
    const isField = !sps.framesOnly && bits.flag();
    const field = isField ? 1 + bits.u(1) : 0;
    const idrPicId = idr ? bits.ue() : 0;
    const both = pps.bottomFieldOrder && !isField;
    const order: number[] = [];
    if (sps.orderType === 0) order.push(bits.u(sps.orderBits), both ? bits.se() : 0);
    if (sps.orderType === 1 && !sps.alwaysZero) order.push(bits.se(), both ? bits.se() : 0);
    const reference = Math.floor(nal[0]! / 32) % 4 > 0;
    return { frame: `${frameNum}`, field, order: `${ppsId} ${reference} ${idr} ${idrPicId} ${order}`, idr };
  } catch {
    return undefined;
  }
}
