import type { ColourDescription } from '../colour/colour-description.js';
import type { ParameterSetReader } from '../nal/parameter-set-reader.js';
import { readSampleAspectRatio, readVideoSignalType } from '../nal/video-usability.js';
import { skipHevcHrdParameters } from './hrd-parameters.js';

/** vui_parameters() (ISO/IEC 23008-2 §E.2.1), as far as they matter outside of a decoder. */
export interface HevcVui {
  sampleAspectRatio: readonly [number, number] | undefined;
  colour: ColourDescription | undefined;
  /** Each picture is a field. */
  fieldSequence: boolean;
  /** Pictures a second = time_scale / num_units_in_tick. */
  numUnitsInTick: number;
  timeScale: number;
  minSpatialSegmentationIdc: number;
}

export function readHevcVui(reader: ParameterSetReader, maxSubLayersMinus1: number): HevcVui {
  const sampleAspectRatio = readSampleAspectRatio(reader);
  if (reader.flag()) reader.skip(1); // overscan_info
  const colour = readVideoSignalType(reader);
  if (reader.flag()) {
    reader.ueUpTo('chroma_sample_loc_type_top_field', 5);
    reader.ueUpTo('chroma_sample_loc_type_bottom_field', 5);
  }
  reader.skip(1); // neutral_chroma_indication_flag
  const fieldSequence = reader.flag();
  reader.skip(1); // frame_field_info_present_flag
  if (reader.flag()) for (let i = 0; i < 4; i++) reader.ue(); // default display window
  let numUnitsInTick = 0;
  let timeScale = 0;
  if (reader.flag()) {
    numUnitsInTick = reader.bits(32);
    timeScale = reader.bits(32);
    if (reader.flag()) reader.ue(); // vui_num_ticks_poc_diff_one_minus1
    if (reader.flag()) skipHevcHrdParameters(reader, true, maxSubLayersMinus1);
  }
  const minSpatialSegmentationIdc = reader.flag() ? readBitstreamRestriction(reader) : 0;
  return { sampleAspectRatio, colour, fieldSequence, numUnitsInTick, timeScale, minSpatialSegmentationIdc };
}

function readBitstreamRestriction(reader: ParameterSetReader): number {
  reader.skip(3); // tiles_fixed_structure, motion_vectors_over_pic_boundaries, restricted_ref_pic_lists
  const minSpatialSegmentationIdc = reader.ueUpTo('min_spatial_segmentation_idc', 4095);
  reader.ueUpTo('max_bytes_per_pic_denom', 16);
  reader.ueUpTo('max_bits_per_min_cu_denom', 16);
  reader.ueUpTo('log2_max_mv_length_horizontal', 16);
  reader.ueUpTo('log2_max_mv_length_vertical', 16);
  return minSpatialSegmentationIdc;
}
