import { NaiveBits, NaiveError, tolerate, withoutEmulation } from './naive-bits.js';

// H.265 parameter sets, read line by line as the syntax tables of ISO/IEC 23008-2 §7.3.2 and Annex E have
// them.

export interface NaiveHevcSps {
  id: number;
  vpsId: number;
  maxSubLayers: number;
  nesting: boolean;
  /** The 12 bytes from general_profile_space to general_level_idc. */
  profileTierLevel: number[];
  chroma: number;
  lumaDepth: number;
  chromaDepth: number;
  width: number;
  height: number;
  minSpatialSegmentation: number;
  nal: readonly number[];
}

export interface NaiveHevcPps {
  id: number;
  spsId: number;
  tiles: boolean;
  wavefront: boolean;
  nal: readonly number[];
}

function profileTierLevel(bits: NaiveBits, subLayersMinus1: number): number[] {
  const general: number[] = [];
  for (let i = 0; i < 12; i++) general.push(bits.u(8));
  const present: [boolean, boolean][] = [];
  for (let i = 0; i < subLayersMinus1; i++) present.push([bits.flag(), bits.flag()]);
  if (subLayersMinus1 > 0) for (let i = subLayersMinus1; i < 8; i++) bits.u(2);
  for (const [profile, level] of present) {
    if (profile) bits.skip(88);
    if (level) bits.u(8);
  }
  return general;
}

export function naiveHevcVps(nal: readonly number[]): number {
  const bits = new NaiveBits(
    withoutEmulation(nal),
    2,
    'ERR_CLOUDPUSH_VPS_CUT_OFF',
    'ERR_CLOUDPUSH_VPS_INVALID',
  );
  const id = bits.u(4);
  bits.u(8);
  const subLayersMinus1 = bits.in(bits.u(3), 0, 6);
  bits.u(1);
  bits.in(bits.u(16), 0xffff, 0xffff);
  profileTierLevel(bits, subLayersMinus1);
  for (let i = bits.flag() ? 0 : subLayersMinus1; i <= subLayersMinus1; i++) {
    bits.in(bits.ue(), 0, 15);
    bits.in(bits.ue(), 0, 15);
    bits.ue();
  }
  const maxLayerId = bits.u(6);
  const layerSets = bits.in(bits.ue(), 0, 1023);
  for (let i = 0; i < layerSets; i++) bits.skip(maxLayerId + 1);
  if (bits.flag()) {
    bits.u(32);
    bits.u(32);
    if (bits.flag()) bits.ue();
    const count = bits.in(bits.ue(), 0, 1024);
    for (let i = 0; i < count; i++) {
      bits.ue();
      const common = i === 0 ? true : bits.flag();
      hrd(bits, common, subLayersMinus1);
    }
  }
  bits.u(1);
  return id;
}

function hrd(bits: NaiveBits, common: boolean, subLayersMinus1: number): void {
  let nal = false;
  let vcl = false;
  let subPicture = false;
  if (common) {
    nal = bits.flag();
    vcl = bits.flag();
    if (nal || vcl) {
      subPicture = bits.flag();
      if (subPicture) bits.u(19);
      bits.u(8);
      if (subPicture) bits.u(4);
      bits.u(15);
    }
  }
  for (let i = 0; i <= subLayersMinus1; i++) {
    const fixedGeneral = bits.flag();
    const fixedWithin = fixedGeneral ? true : bits.flag();
    let lowDelay = false;
    let count = 1;
    if (fixedWithin) bits.in(bits.ue(), 0, 2047);
    else lowDelay = bits.flag();
    if (!lowDelay) count = bits.in(bits.ue(), 0, 31) + 1;
    for (const present of [nal, vcl]) {
      for (let j = 0; present && j < count; j++) {
        bits.ue();
        bits.ue();
        if (subPicture) bits.ue();
        if (subPicture) bits.ue();
        bits.u(1);
      }
    }
  }
}

function scalingListData(bits: NaiveBits): void {
  for (let size = 0; size < 4; size++) {
    for (let matrix = 0; matrix < 6; matrix += size === 3 ? 3 : 1) {
      if (!bits.flag()) {
        bits.in(bits.ue(), 0, 5);
        continue;
      }
      if (size > 1) bits.in(bits.se(), -7, 247);
      for (let i = 0; i < (size === 0 ? 16 : 64); i++) bits.in(bits.se(), -128, 127);
    }
  }
}

export function naiveHevcSps(nal: readonly number[]): NaiveHevcSps {
  const bits = new NaiveBits(
    withoutEmulation(nal),
    2,
    'ERR_CLOUDPUSH_SPS_CUT_OFF',
    'ERR_CLOUDPUSH_SPS_INVALID',
  );
  const vpsId = bits.u(4);
  const subLayersMinus1 = bits.in(bits.u(3), 0, 6);
  const nesting = bits.flag();
  const general = profileTierLevel(bits, subLayersMinus1);
  const id = bits.in(bits.ue(), 0, 15);
  const chroma = bits.in(bits.ue(), 0, 3);
  if (chroma === 3) bits.u(1);
  let width = bits.in(bits.ue(), 1, 65_535);
  let height = bits.in(bits.ue(), 1, 65_535);
  if (bits.flag()) {
    const left = bits.ue();
    const right = bits.ue();
    const top = bits.ue();
    const bottom = bits.ue();
    width -= bits.in((left + right) * (chroma === 1 || chroma === 2 ? 2 : 1), 0, width - 1);
    height -= bits.in((top + bottom) * (chroma === 1 ? 2 : 1), 0, height - 1);
  }
  const lumaDepth = 8 + bits.in(bits.ue(), 0, 8);
  const chromaDepth = 8 + bits.in(bits.ue(), 0, 8);
  const orderBits = 4 + bits.in(bits.ue(), 0, 12);
  for (let i = bits.flag() ? 0 : subLayersMinus1; i <= subLayersMinus1; i++) {
    bits.in(bits.ue(), 0, 15);
    bits.in(bits.ue(), 0, 15);
    bits.ue();
  }
  for (const maximum of [3, 3, 3, 3, 4, 4]) bits.in(bits.ue(), 0, maximum);
  if (bits.flag() && bits.flag()) scalingListData(bits);
  bits.u(2);
  if (bits.flag()) {
    bits.u(8);
    bits.in(bits.ue(), 0, 2);
    bits.in(bits.ue(), 0, 2);
    bits.u(1);
  }
  referencePictureSets(bits);
  if (bits.flag()) {
    const count = bits.in(bits.ue(), 0, 32);
    for (let i = 0; i < count; i++) bits.u(orderBits + 1);
  }
  bits.u(2);
  const vuiParameters = bits.flag() ? tolerate(() => vui(bits, subLayersMinus1)) : undefined;
  return {
    id,
    vpsId,
    maxSubLayers: subLayersMinus1 + 1,
    nesting,
    profileTierLevel: general,
    chroma,
    lumaDepth,
    chromaDepth,
    width,
    height,
    minSpatialSegmentation: vuiParameters?.minSpatialSegmentation ?? 0,
    nal,
  };
}

function referencePictureSets(bits: NaiveBits): void {
  const count = bits.in(bits.ue(), 0, 64);
  const sizes: number[] = [];
  for (let i = 0; i < count; i++) {
    let size = 0;
    if (i > 0 && bits.flag()) {
      bits.u(1);
      bits.in(bits.ue(), 0, 0x7fff);
      for (let j = 0; j <= sizes[i - 1]!; j++) if (bits.flag() || bits.flag()) size++;
      bits.in(size, 0, 32);
    } else {
      const negative = bits.in(bits.ue(), 0, 16);
      const positive = bits.in(bits.ue(), 0, 16);
      size = negative + positive;
      for (let j = 0; j < size; j++) {
        bits.in(bits.ue(), 0, 0x7fff);
        bits.u(1);
      }
    }
    sizes.push(size);
  }
}

function vui(bits: NaiveBits, subLayersMinus1: number) {
  if (bits.flag() && bits.u(8) === 255) bits.u(32);
  if (bits.flag()) bits.u(1);
  if (bits.flag()) {
    bits.u(4);
    if (bits.flag()) bits.u(24);
  }
  if (bits.flag()) {
    bits.in(bits.ue(), 0, 5);
    bits.in(bits.ue(), 0, 5);
  }
  bits.u(3);
  if (bits.flag()) for (let i = 0; i < 4; i++) bits.ue();
  if (bits.flag()) {
    bits.u(32);
    bits.u(32);
    if (bits.flag()) bits.ue();
    if (bits.flag()) hrd(bits, true, subLayersMinus1);
  }
  let minSpatialSegmentation = 0;
  if (bits.flag()) {
    bits.u(3);
    minSpatialSegmentation = bits.in(bits.ue(), 0, 4095);
    for (let i = 0; i < 4; i++) bits.in(bits.ue(), 0, 16);
  }
  return { minSpatialSegmentation };
}

export function naiveHevcPps(nal: readonly number[]): NaiveHevcPps {
  const bits = new NaiveBits(
    withoutEmulation(nal),
    2,
    'ERR_CLOUDPUSH_PPS_CUT_OFF',
    'ERR_CLOUDPUSH_PPS_INVALID',
  );
  const id = bits.in(bits.ue(), 0, 63);
  const spsId = bits.in(bits.ue(), 0, 15);
  bits.u(7);
  bits.in(bits.ue(), 0, 14);
  bits.in(bits.ue(), 0, 14);
  bits.in(bits.se(), -74, 25);
  bits.u(2);
  if (bits.flag()) bits.in(bits.ue(), 0, 3);
  bits.in(bits.se(), -12, 12);
  bits.in(bits.se(), -12, 12);
  bits.u(4);
  const tiles = bits.flag();
  const wavefront = bits.flag();
  if (tiles) {
    const columns = bits.in(bits.ue(), 0, 1023);
    const rows = bits.in(bits.ue(), 0, 1023);
    if (!bits.flag()) for (let i = 0; i < columns + rows; i++) bits.in(bits.ue(), 0, 65_535);
    bits.u(1);
  }
  bits.u(1);
  if (bits.flag()) {
    bits.u(1);
    if (!bits.flag()) {
      bits.in(bits.se(), -6, 6);
      bits.in(bits.se(), -6, 6);
    }
  }
  if (bits.flag()) scalingListData(bits);
  bits.u(1);
  bits.in(bits.ue(), 0, 4);
  bits.u(2);
  return { id, spsId, tiles, wavefront, nal };
}

/** slice_pic_parameter_set_id of a slice segment. */
export function naiveHevcSlicePps(nal: readonly number[]): number {
  const bits = new NaiveBits(
    withoutEmulation(nal).slice(0, 16),
    2,
    'ERR_CLOUDPUSH_VIDEO_CUT_OFF',
    'ERR_CLOUDPUSH_VIDEO_SLICE_INVALID',
  );
  const type = (nal[0]! >> 1) & 63;
  bits.u(1);
  if (type >= 16 && type <= 23) bits.u(1);
  const id = bits.ue();
  if (id > 63) throw new NaiveError('ERR_CLOUDPUSH_VIDEO_SLICE_INVALID');
  return id;
}
