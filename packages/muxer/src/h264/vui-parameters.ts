import type { ColourDescription } from '../colour/colour-description.js';
import type { ParameterSetReader } from '../nal/parameter-set-reader.js';

/** vui_parameters() (ISO/IEC 14496-10 §E.1.1), as far as they matter outside of a decoder. */
export interface AvcVui {
  /** Width and height of a pixel, when told. */
  sampleAspectRatio: readonly [number, number] | undefined;
  colour: ColourDescription | undefined;
  /** Field rate facts: frames a second = time_scale / num_units_in_tick / 2. */
  numUnitsInTick: number;
  timeScale: number;
  fixedFrameRate: boolean;
  picStructPresent: boolean;
  /** max_num_reorder_frames, when there is a bitstream restriction. */
  maxNumReorderFrames: number | undefined;
  maxDecFrameBuffering: number | undefined;
}

const extendedSar = 255;

/** Table E-1. */
const sampleAspectRatios: readonly (readonly [number, number])[] = [
  [0, 1],
  [1, 1],
  [12, 11],
  [10, 11],
  [16, 11],
  [40, 33],
  [24, 11],
  [20, 11],
  [32, 11],
  [80, 33],
  [18, 11],
  [15, 11],
  [64, 33],
  [160, 99],
  [4, 3],
  [3, 2],
  [2, 1],
];

/** aspect_ratio_info, the same in both standards; undefined when unspecified. */
export function readSampleAspectRatio(reader: ParameterSetReader): readonly [number, number] | undefined {
  if (!reader.flag()) return undefined;
  const indicator = reader.bits(8);
  if (indicator === extendedSar) return [reader.bits(16), reader.bits(16)];
  return indicator === 0 ? undefined : sampleAspectRatios[indicator];
}

/** video_signal_type, the same in both standards. */
export function readVideoSignalType(reader: ParameterSetReader): ColourDescription | undefined {
  if (!reader.flag()) return undefined;
  reader.skip(3); // video_format
  const fullRange = reader.flag();
  const described = reader.flag();
  return {
    fullRange,
    primaries: described ? reader.bits(8) : 2,
    transfer: described ? reader.bits(8) : 2,
    matrix: described ? reader.bits(8) : 2,
  };
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
