import { ParameterSetReader, ppsFaults } from '../nal/parameter-set-reader.js';
import { type AvcSps, skipScalingLists } from './sps.js';

/** pic_parameter_set_rbsp() (ISO/IEC 14496-10 §7.3.2.2), as far as it matters outside of a decoder. */
export interface AvcPps {
  readonly id: number;
  readonly spsId: number;
  readonly entropyCodingMode: boolean;
  readonly bottomFieldPicOrderInFramePresent: boolean;
}

/**
 * Parses a PPS NAL unit, header included. Its end (scaling lists) can be checked only when the SPS that it
 * refers to is known. `at` is where it is in its packet. Throws MuxerError.
 */
export function parseAvcPps(nal: Uint8Array, spsById: (id: number) => AvcSps | undefined, at = 0): AvcPps {
  const reader = new ParameterSetReader(nal, 1, ppsFaults, at);
  const id = reader.ueUpTo('pic_parameter_set_id', 255);
  const spsId = reader.ueUpTo('seq_parameter_set_id', 31);
  const entropyCodingMode = reader.flag();
  const bottomFieldPicOrderInFramePresent = reader.flag();
  if (reader.ueUpTo('num_slice_groups_minus1', 7) > 0) {
    // Slice groups (Baseline and Extended only) end the interest: their syntax depends on the picture size.
    reader.requireData();
    return { id, spsId, entropyCodingMode, bottomFieldPicOrderInFramePresent };
  }
  reader.ueUpTo('num_ref_idx_l0_default_active_minus1', 31);
  reader.ueUpTo('num_ref_idx_l1_default_active_minus1', 31);
  reader.skip(1); // weighted_pred_flag
  reader.inRange('weighted_bipred_idc', reader.bits(2), 0, 2);
  reader.seIn('pic_init_qp_minus26', -62, 25);
  reader.seIn('pic_init_qs_minus26', -26, 25);
  reader.seIn('chroma_qp_index_offset', -12, 12);
  reader.skip(3); // deblocking_filter_control, constrained_intra_pred, redundant_pic_cnt_present
  reader.requireData();
  if (reader.moreRbspData()) checkExtension(reader, spsById(spsId));
  return { id, spsId, entropyCodingMode, bottomFieldPicOrderInFramePresent };
}

function checkExtension(reader: ParameterSetReader, sps: AvcSps | undefined): void {
  const transform8x8 = reader.flag();
  if (reader.flag()) {
    if (sps === undefined) return;
    const lists8x8 = transform8x8 ? (sps.chromaFormatIdc === 3 ? 6 : 2) : 0;
    skipScalingLists(reader, 6 + lists8x8);
  }
  reader.seIn('second_chroma_qp_index_offset', -12, 12);
}
