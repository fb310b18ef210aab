import type { ColourDescription } from '../colour/colour-description.js';
import type { ParameterSetReader } from './parameter-set-reader.js';

// The beginning of vui_parameters(), which is the same in H.264 (§E.1.1) and H.265 (§E.2.1).

const EXTENDED_SAR = 255;

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
  if (indicator === EXTENDED_SAR) return [reader.bits(16), reader.bits(16)];
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
