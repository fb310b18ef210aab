import { ParameterSetReader, ppsFaults } from '../nal/parameter-set-reader.js';
import { skipScalingListData } from './scaling-list.js';

/** pic_parameter_set_rbsp() (ISO/IEC 23008-2 §7.3.2.3), as far as it matters outside of a decoder. */
export interface HevcPps {
  readonly id: number;
  readonly spsId: number;
  readonly dependentSliceSegmentsEnabled: boolean;
  readonly outputFlagPresent: boolean;
  readonly numExtraSliceHeaderBits: number;
  readonly tilesEnabled: boolean;
  readonly entropyCodingSyncEnabled: boolean;
}

/** Parses a PPS NAL unit, header included; `at` is where it is in its packet. Throws MuxerError. */
export function parseHevcPps(nal: Uint8Array, at = 0): HevcPps {
  const reader = new ParameterSetReader(nal, 2, ppsFaults, at);
  const id = reader.ueUpTo('pps_pic_parameter_set_id', 63);
  const spsId = reader.ueUpTo('pps_seq_parameter_set_id', 15);
  const dependentSliceSegmentsEnabled = reader.flag();
  const outputFlagPresent = reader.flag();
  const numExtraSliceHeaderBits = reader.bits(3);
  reader.skip(2); // sign_data_hiding_enabled_flag, cabac_init_present_flag
  reader.ueUpTo('num_ref_idx_l0_default_active_minus1', 14);
  reader.ueUpTo('num_ref_idx_l1_default_active_minus1', 14);
  reader.seIn('init_qp_minus26', -74, 25);
  reader.skip(2); // constrained_intra_pred_flag, transform_skip_enabled_flag
  if (reader.flag()) reader.ueUpTo('diff_cu_qp_delta_depth', 3);
  reader.seIn('pps_cb_qp_offset', -12, 12);
  reader.seIn('pps_cr_qp_offset', -12, 12);
  reader.skip(4); // slice chroma offsets, weighted prediction, transquant bypass
  const tilesEnabled = reader.flag();
  const entropyCodingSyncEnabled = reader.flag();
  if (tilesEnabled) skipTiles(reader);
  skipFilters(reader);
  if (reader.flag()) skipScalingListData(reader);
  reader.skip(1); // lists_modification_present_flag
  reader.ueUpTo('log2_parallel_merge_level_minus2', 4);
  reader.skip(2); // slice_segment_header_extension_present_flag, pps_extension_present_flag
  reader.requireData();
  return {
    id,
    spsId,
    dependentSliceSegmentsEnabled,
    outputFlagPresent,
    numExtraSliceHeaderBits,
    tilesEnabled,
    entropyCodingSyncEnabled,
  };
}

function skipTiles(reader: ParameterSetReader): void {
  const columns = reader.ueUpTo('num_tile_columns_minus1', 1023);
  const rows = reader.ueUpTo('num_tile_rows_minus1', 1023);
  if (!reader.flag()) {
    for (let i = 0; i < columns + rows; i++) {
      reader.ueUpTo(i < columns ? 'column_width_minus1' : 'row_height_minus1', 0xffff);
    }
  }
  reader.skip(1); // loop_filter_across_tiles_enabled_flag
}

function skipFilters(reader: ParameterSetReader): void {
  reader.skip(1); // pps_loop_filter_across_slices_enabled_flag
  if (!reader.flag()) return;
  reader.skip(1); // deblocking_filter_override_enabled_flag
  if (reader.flag()) return; // pps_deblocking_filter_disabled_flag
  reader.seIn('pps_beta_offset_div2', -6, 6);
  reader.seIn('pps_tc_offset_div2', -6, 6);
}
