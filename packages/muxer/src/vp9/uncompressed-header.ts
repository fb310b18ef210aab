import type { BitReader } from '../bits/bit-reader.js';
import type { ColourDescription } from '../colour/colour-description.js';
import { MuxerError } from '../errors.js';

/** The uncompressed_header() of a key frame (VP9 §6.2). */
export interface Vp9KeyFrame {
  readonly profile: number;
  readonly width: number;
  readonly height: number;
  readonly bitDepth: number;
  readonly colorSpace: number;
  readonly colour: ColourDescription;
  readonly subsamplingX: number;
  readonly subsamplingY: number;
}

const SYNC_CODE = 0x49_83_42;
const RGB = 7;

/** color_space (VP9 §7.2.2) as primaries, transfer and matrix of ISO/IEC 23091-2. */
const colorSpaces: readonly (readonly [number, number, number])[] = [
  [2, 2, 2],
  [5, 6, 5],
  [1, 1, 1],
  [6, 6, 6],
  [7, 7, 7],
  [9, 14, 9],
  [2, 2, 2],
  [1, 13, 0],
];

/** Reads on behind frame_type of a key frame. Throws MuxerError. */
export function readVp9KeyFrame(reader: BitReader, profile: number): Vp9KeyFrame {
  reader.skip(2); // show_frame, error_resilient_mode
  const sync = reader.bits(24);
  if (sync !== SYNC_CODE) {
    throw new MuxerError('ERR_CLOUDPUSH_VP9_HEADER_INVALID', {
      offset: 0,
      field: 'frame_sync_code',
      actual: `0x${sync.toString(16)}`,
      permitted: '0x498342',
    });
  }
  const bitDepth = profile >= 2 ? (reader.flag() ? 12 : 10) : 8;
  const colorSpace = reader.bits(3);
  const odd = (profile & 1) === 1;
  const fullRange = colorSpace === RGB || reader.flag();
  let subsamplingX = colorSpace === RGB ? 0 : 1;
  let subsamplingY = subsamplingX;
  if (odd && colorSpace !== RGB) {
    subsamplingX = reader.bit();
    subsamplingY = reader.bit();
    // Nothing that a player is told can express it: neither the vpcC nor chroma_format_idc has a value for
    // it.
    if (subsamplingX === 0 && subsamplingY === 1) {
      throw new MuxerError('ERR_CLOUDPUSH_VP9_HEADER_INVALID', {
        offset: 0,
        field: 'subsampling_x, subsampling_y',
        actual: '4:4:0',
        permitted: '4:2:0, 4:2:2 or 4:4:4',
      });
    }
  }
  if (odd) reader.skip(1); // reserved_zero
  const width = reader.bits(16) + 1;
  const height = reader.bits(16) + 1;
  if (reader.overrun) {
    throw new MuxerError('ERR_CLOUDPUSH_VP9_HEADER_INVALID', {
      offset: 0,
      field: 'uncompressed_header',
      actual: 'cut off',
      permitted: 'all fields present',
    });
  }
  const [primaries, transfer, matrix] = colorSpaces[colorSpace]!;
  const colour = { fullRange, primaries, transfer, matrix };
  return { profile, width, height, bitDepth, colorSpace, colour, subsamplingX, subsamplingY };
}
