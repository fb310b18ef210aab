import { ParameterSetReader, spsFaults } from '../nal/parameter-set-reader.js';
import { type ProfileTierLevel, readProfileTierLevel } from './profile-tier-level.js';
import { skipScalingListData } from './scaling-list.js';
import { skipShortTermRefPicSets } from './short-term-ref-pic-set.js';
import { type HevcVui, readHevcVui } from './vui-parameters.js';

/** seq_parameter_set_rbsp() (ISO/IEC 23008-2 §7.3.2.2), as far as it matters outside of a decoder. */
export interface HevcSps {
  readonly id: number;
  readonly vpsId: number;
  readonly maxSubLayers: number;
  readonly temporalIdNesting: boolean;
  readonly profileTierLevel: ProfileTierLevel;
  readonly chromaFormatIdc: number;
  readonly separateColourPlane: boolean;
  /** Pixels after the conformance window. */
  readonly width: number;
  readonly height: number;
  readonly bitDepthLuma: number;
  readonly bitDepthChroma: number;
  readonly log2MaxPicOrderCntLsb: number;
  /** sps_max_num_reorder_pics of the highest sub-layer. */
  readonly maxNumReorderPics: number;
  /** sps_max_dec_pic_buffering_minus1 + 1 of the highest sub-layer. */
  readonly maxDecPicBuffering: number;
  /** Undefined when there is none, and when it is broken. */
  readonly vui: HevcVui | undefined;
}

/** Parses an SPS NAL unit, header included; `at` is where it is in its packet. Throws MuxerError. */
export function parseHevcSps(nal: Uint8Array, at = 0): HevcSps {
  const reader = new ParameterSetReader(nal, 2, spsFaults, at);
  const vpsId = reader.bits(4);
  const maxSubLayersMinus1 = reader.inRange('sps_max_sub_layers_minus1', reader.bits(3), 0, 6);
  const temporalIdNesting = reader.flag();
  const profileTierLevel = readProfileTierLevel(reader, maxSubLayersMinus1);
  const id = reader.ueUpTo('sps_seq_parameter_set_id', 15);
  const format = readFormat(reader);
  const log2MaxPicOrderCntLsb = reader.ueUpTo('log2_max_pic_order_cnt_lsb_minus4', 12) + 4;
  const ordering = readSubLayerOrdering(reader, maxSubLayersMinus1);
  skipCodingTools(reader);
  skipReferencePictures(reader, log2MaxPicOrderCntLsb);
  reader.skip(2); // sps_temporal_mvp_enabled_flag, strong_intra_smoothing_enabled_flag
  const vuiPresent = reader.flag();
  reader.requireData();
  // Only extensions come behind the VUI, which do not matter here.
  const vui = vuiPresent ? reader.tolerate(() => readHevcVui(reader, maxSubLayersMinus1)) : undefined;
  return {
    id,
    vpsId,
    maxSubLayers: maxSubLayersMinus1 + 1,
    temporalIdNesting,
    profileTierLevel,
    ...format,
    log2MaxPicOrderCntLsb,
    ...ordering,
    vui,
  };
}

function readFormat(reader: ParameterSetReader) {
  const chromaFormatIdc = reader.ueUpTo('chroma_format_idc', 3);
  const separateColourPlane = chromaFormatIdc === 3 && reader.flag();
  let width = reader.inRange('pic_width_in_luma_samples', reader.ue(), 1, 0xffff);
  let height = reader.inRange('pic_height_in_luma_samples', reader.ue(), 1, 0xffff);
  if (reader.flag()) {
    const subWidthC = chromaFormatIdc === 1 || chromaFormatIdc === 2 ? 2 : 1;
    const subHeightC = chromaFormatIdc === 1 ? 2 : 1;
    const horizontal = (reader.ue() + reader.ue()) * subWidthC;
    const vertical = (reader.ue() + reader.ue()) * subHeightC;
    width -= reader.inRange('conf_win_left_offset + conf_win_right_offset', horizontal, 0, width - 1);
    height -= reader.inRange('conf_win_top_offset + conf_win_bottom_offset', vertical, 0, height - 1);
  }
  const bitDepthLuma = reader.ueUpTo('bit_depth_luma_minus8', 8) + 8;
  const bitDepthChroma = reader.ueUpTo('bit_depth_chroma_minus8', 8) + 8;
  return { chromaFormatIdc, separateColourPlane, width, height, bitDepthLuma, bitDepthChroma };
}

function readSubLayerOrdering(reader: ParameterSetReader, maxSubLayersMinus1: number) {
  const present = reader.flag();
  let maxDecPicBuffering = 1;
  let maxNumReorderPics = 0;
  for (let i = present ? 0 : maxSubLayersMinus1; i <= maxSubLayersMinus1; i++) {
    maxDecPicBuffering = reader.ueUpTo('sps_max_dec_pic_buffering_minus1', 15) + 1;
    maxNumReorderPics = reader.ueUpTo('sps_max_num_reorder_pics', 15);
    reader.ue(); // sps_max_latency_increase_plus1
  }
  return { maxDecPicBuffering, maxNumReorderPics };
}

function skipCodingTools(reader: ParameterSetReader): void {
  reader.ueUpTo('log2_min_luma_coding_block_size_minus3', 3);
  reader.ueUpTo('log2_diff_max_min_luma_coding_block_size', 3);
  reader.ueUpTo('log2_min_luma_transform_block_size_minus2', 3);
  reader.ueUpTo('log2_diff_max_min_luma_transform_block_size', 3);
  reader.ueUpTo('max_transform_hierarchy_depth_inter', 4);
  reader.ueUpTo('max_transform_hierarchy_depth_intra', 4);
  if (reader.flag() && reader.flag()) skipScalingListData(reader);
  reader.skip(2); // amp_enabled_flag, sample_adaptive_offset_enabled_flag
  if (reader.flag()) {
    reader.skip(8); // PCM bit depths
    reader.ueUpTo('log2_min_pcm_luma_coding_block_size_minus3', 2);
    reader.ueUpTo('log2_diff_max_min_pcm_luma_coding_block_size', 2);
    reader.skip(1); // pcm_loop_filter_disabled_flag
  }
}

function skipReferencePictures(reader: ParameterSetReader, log2MaxPicOrderCntLsb: number): void {
  skipShortTermRefPicSets(reader);
  if (!reader.flag()) return;
  const count = reader.ueUpTo('num_long_term_ref_pics_sps', 32);
  reader.skip(count * (log2MaxPicOrderCntLsb + 1));
}
