import type { ColourDescription } from '../colour/colour-description.js';
import type { ParameterSetReader } from '../nal/parameter-set-reader.js';
import { readSampleAspectRatio, readVideoSignalType } from '../nal/video-usability.js';

/** vui_parameters() (ISO/IEC 14496-10 §E.1.1), as far as they matter outside of a decoder. */
export interface AvcVui {
  /** Width and height of a pixel, when told. */
  sampleAspectRatio: readonly [number, number] | undefined;
  colour: ColourDescription | undefined;
  /** Field rate: frames a second = time_scale / num_units_in_tick / 2. */
  numUnitsInTick: number;
  timeScale: number;
  fixedFrameRate: boolean;
  picStructPresent: boolean;
  /** max_num_reorder_frames, when there is a bitstream restriction. */
  maxNumReorderFrames: number | undefined;
  maxDecFrameBuffering: number | undefined;
}

export function readAvcVui(reader: ParameterSetReader): AvcVui {
  const sampleAspectRatio = readSampleAspectRatio(reader);
  if (reader.flag()) reader.skip(1); // overscan_info
  const colour = readVideoSignalType(reader);
  if (reader.flag()) {
    reader.ueUpTo('chroma_sample_loc_type_top_field', 5);
    reader.ueUpTo('chroma_sample_loc_type_bottom_field', 5);
  }
  const timing = reader.flag();
  const numUnitsInTick = timing ? reader.bits(32) : 0;
  const timeScale = timing ? reader.bits(32) : 0;
  const fixedFrameRate = timing ? reader.flag() : false;
  const nalHrd = reader.flag();
  if (nalHrd) skipHrdParameters(reader);
  const vclHrd = reader.flag();
  if (vclHrd) skipHrdParameters(reader);
  if (nalHrd || vclHrd) reader.skip(1); // low_delay_hrd_flag
  const picStructPresent = reader.flag();
  let maxNumReorderFrames: number | undefined;
  let maxDecFrameBuffering: number | undefined;
  if (reader.flag()) {
    reader.skip(1); // motion_vectors_over_pic_boundaries_flag
    reader.ueUpTo('max_bytes_per_pic_denom', 16);
    reader.ueUpTo('max_bits_per_mb_denom', 16);
    reader.ueUpTo('log2_max_mv_length_horizontal', 16);
    reader.ueUpTo('log2_max_mv_length_vertical', 16);
    maxNumReorderFrames = reader.ueUpTo('max_num_reorder_frames', 16);
    maxDecFrameBuffering = reader.ueUpTo('max_dec_frame_buffering', 16);
  }
  return {
    sampleAspectRatio,
    colour,
    numUnitsInTick,
    timeScale,
    fixedFrameRate,
    picStructPresent,
    maxNumReorderFrames,
    maxDecFrameBuffering,
  };
}

/** hrd_parameters() (§E.1.2). */
function skipHrdParameters(reader: ParameterSetReader): void {
  const count = reader.ueUpTo('cpb_cnt_minus1', 31) + 1;
  reader.skip(8); // bit_rate_scale, cpb_size_scale
  for (let i = 0; i < count; i++) {
    reader.ue();
    reader.ue();
    reader.skip(1);
  }
  reader.skip(20); // four delay and offset lengths of 5 bits
}
