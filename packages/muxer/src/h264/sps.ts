import { ParameterSetReader, spsFaults } from '../nal/parameter-set-reader.js';
import { type AvcVui, readAvcVui } from './vui-parameters.js';

/** seq_parameter_set_data() (ISO/IEC 14496-10 §7.3.2.1.1). */
export interface AvcSps {
  readonly id: number;
  readonly profileIdc: number;
  /** The byte of constraint_set0_flag to constraint_set5_flag and reserved_zero_2bits. */
  readonly constraintFlags: number;
  readonly levelIdc: number;
  readonly chromaFormatIdc: number;
  readonly separateColourPlane: boolean;
  readonly bitDepthLuma: number;
  readonly bitDepthChroma: number;
  readonly log2MaxFrameNum: number;
  readonly picOrderCntType: number;
  readonly log2MaxPicOrderCntLsb: number;
  readonly deltaPicOrderAlwaysZero: boolean;
  readonly offsetForNonRefPic: number;
  readonly offsetForTopToBottomField: number;
  readonly offsetForRefFrame: readonly number[];
  readonly maxNumRefFrames: number;
  readonly frameMbsOnly: boolean;
  readonly widthInMbs: number;
  readonly frameHeightInMbs: number;
  /** Pixels after cropping. */
  readonly width: number;
  readonly height: number;
  /** Undefined when there is none, and when it is broken. */
  readonly vui: AvcVui | undefined;
}

/** Profiles whose SPS has the chroma format and the fields that follow it. */
const highProfiles = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135]);

export function hasHighProfileFields(profileIdc: number): boolean {
  return highProfiles.has(profileIdc);
}

/** Parses an SPS NAL unit, header included; `at` is where it is in its packet. Throws MuxerError. */
export function parseAvcSps(nal: Uint8Array, at = 0): AvcSps {
  const reader = new ParameterSetReader(nal, 1, spsFaults, at);
  const profileIdc = reader.bits(8);
  const constraintFlags = reader.bits(8);
  const levelIdc = reader.bits(8);
  const id = reader.ueUpTo('seq_parameter_set_id', 31);
  const format = readSampleFormat(reader, profileIdc);
  const log2MaxFrameNum = reader.ueUpTo('log2_max_frame_num_minus4', 12) + 4;
  const order = readPicOrderCnt(reader);
  const maxNumRefFrames = reader.ueUpTo('max_num_ref_frames', 16);
  reader.skip(1); // gaps_in_frame_num_value_allowed_flag
  const size = readFrameSize(reader, format.separateColourPlane ? 0 : format.chromaFormatIdc);
  const vuiPresent = reader.flag();
  reader.requireData();
  const vui = vuiPresent ? reader.tolerate(() => readAvcVui(reader)) : undefined;
  return {
    id,
    profileIdc,
    constraintFlags,
    levelIdc,
    ...format,
    log2MaxFrameNum,
    ...order,
    maxNumRefFrames,
    ...size,
    vui,
  };
}

function readSampleFormat(reader: ParameterSetReader, profileIdc: number) {
  const format = { chromaFormatIdc: 1, separateColourPlane: false, bitDepthLuma: 8, bitDepthChroma: 8 };
  if (!hasHighProfileFields(profileIdc)) return format;
  format.chromaFormatIdc = reader.ueUpTo('chroma_format_idc', 3);
  if (format.chromaFormatIdc === 3) format.separateColourPlane = reader.flag();
  format.bitDepthLuma = reader.ueUpTo('bit_depth_luma_minus8', 6) + 8;
  format.bitDepthChroma = reader.ueUpTo('bit_depth_chroma_minus8', 6) + 8;
  reader.skip(1); // qpprime_y_zero_transform_bypass_flag
  if (reader.flag()) skipScalingLists(reader, format.chromaFormatIdc === 3 ? 12 : 8);
  return format;
}

/** The scaling lists of a sequence or picture parameter set, six of 4×4 and then of 8×8 (§7.3.2.1.1.1). */
export function skipScalingLists(reader: ParameterSetReader, count: number): void {
  for (let i = 0; i < count; i++) if (reader.flag()) skipScalingList(reader, i < 6 ? 16 : 64);
}

function skipScalingList(reader: ParameterSetReader, size: number): void {
  let nextScale = 8;
  let lastScale = 8;
  for (let i = 0; i < size && nextScale !== 0; i++) {
    nextScale = (lastScale + reader.seIn('delta_scale', -128, 127) + 256) % 256;
    lastScale = nextScale === 0 ? lastScale : nextScale;
  }
}

function readPicOrderCnt(reader: ParameterSetReader) {
  const order = {
    picOrderCntType: reader.ueUpTo('pic_order_cnt_type', 2),
    log2MaxPicOrderCntLsb: 0,
    deltaPicOrderAlwaysZero: false,
    offsetForNonRefPic: 0,
    offsetForTopToBottomField: 0,
    offsetForRefFrame: [] as number[],
  };
  if (order.picOrderCntType === 0) {
    order.log2MaxPicOrderCntLsb = reader.ueUpTo('log2_max_pic_order_cnt_lsb_minus4', 12) + 4;
  } else if (order.picOrderCntType === 1) {
    order.deltaPicOrderAlwaysZero = reader.flag();
    order.offsetForNonRefPic = reader.se();
    order.offsetForTopToBottomField = reader.se();
    const count = reader.ueUpTo('num_ref_frames_in_pic_order_cnt_cycle', 255);
    for (let i = 0; i < count; i++) order.offsetForRefFrame.push(reader.se());
  }
  return order;
}

function readFrameSize(reader: ParameterSetReader, chromaArrayType: number) {
  const widthInMbs = reader.ueUpTo('pic_width_in_mbs_minus1', 4095) + 1;
  const heightInMapUnits = reader.ueUpTo('pic_height_in_map_units_minus1', 4095) + 1;
  const frameMbsOnly = reader.flag();
  if (!frameMbsOnly) reader.skip(1); // mb_adaptive_frame_field_flag
  reader.skip(1); // direct_8x8_inference_flag
  const frameHeightInMbs = heightInMapUnits * (frameMbsOnly ? 1 : 2);
  let width = widthInMbs * 16;
  let height = frameHeightInMbs * 16;
  if (reader.flag()) {
    const cropUnitX = chromaArrayType === 1 || chromaArrayType === 2 ? 2 : 1;
    const cropUnitY = (chromaArrayType === 1 ? 2 : 1) * (frameMbsOnly ? 1 : 2);
    const horizontal = (reader.ue() + reader.ue()) * cropUnitX;
    const vertical = (reader.ue() + reader.ue()) * cropUnitY;
    width -= reader.inRange('frame_crop_left_offset + frame_crop_right_offset', horizontal, 0, width - 1);
    height -= reader.inRange('frame_crop_top_offset + frame_crop_bottom_offset', vertical, 0, height - 1);
  }
  return { widthInMbs, frameHeightInMbs, frameMbsOnly, width, height };
}

/** Frames a second by the VUI's timing (§E.2.1), when it tells. */
export function avcFrameRate(sps: AvcSps): number | undefined {
  const vui = sps.vui;
  if (vui === undefined || vui.numUnitsInTick === 0 || vui.timeScale === 0) return undefined;
  return vui.timeScale / vui.numUnitsInTick / 2;
}

/**
 * Number of pictures that may come before a picture in decoding order and after it in output order: what the
 * bitstream restriction tells, or 0 where the profile or the picture order count type leaves no reordering;
 * else undefined.
 */
export function avcReorderDepth(sps: AvcSps): number | undefined {
  if (sps.vui?.maxNumReorderFrames !== undefined) return sps.vui.maxNumReorderFrames;
  const constraintSet3 = (sps.constraintFlags & 0x10) !== 0;
  const intraProfile = constraintSet3 && [44, 86, 100, 110, 122, 244].includes(sps.profileIdc);
  return sps.picOrderCntType === 2 || sps.profileIdc === 66 || intraProfile ? 0 : undefined;
}
