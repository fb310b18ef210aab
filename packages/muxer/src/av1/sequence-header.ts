import { BitReader } from '../bits/bit-reader.js';
import type { ColourDescription } from '../colour/colour-description.js';
import { MuxerError } from '../errors.js';

/** sequence_header_obu() (AV1 §5.5), as far as it matters outside of a decoder. */
export interface Av1SequenceHeader {
  readonly profile: number;
  readonly levelIdx: number;
  readonly tier: number;
  readonly reducedStillPicture: boolean;
  readonly width: number;
  readonly height: number;
  readonly frameRate: number | undefined;
  readonly bitDepth: number;
  readonly monochrome: boolean;
  readonly subsamplingX: number;
  readonly subsamplingY: number;
  readonly chromaSamplePosition: number;
  /** Undefined when there is no colour description. */
  readonly colour: ColourDescription | undefined;
}

/** Parses the payload of a sequence header OBU; `at` is where it is in its packet. Throws MuxerError. */
export function parseAv1SequenceHeader(payload: Uint8Array, at = 0): Av1SequenceHeader {
  const reader = new BitReader(payload);
  const profile = reader.bits(3);
  if (profile > 2) throw invalid(at, 'seq_profile', profile, '0 to 2');
  reader.skip(1); // still_picture
  const reducedStillPicture = reader.flag();
  const points = reducedStillPicture
    ? { levelIdx: reader.bits(5), tier: 0, frameRate: undefined }
    : readOperatingPoints(reader);
  const widthBits = reader.bits(4) + 1;
  const heightBits = reader.bits(4) + 1;
  const width = reader.bits(widthBits) + 1;
  const height = reader.bits(heightBits) + 1;
  if (!reducedStillPicture && reader.flag()) reader.skip(4 + 3); // frame id lengths
  reader.skip(3); // use_128x128_superblock, enable_filter_intra, enable_intra_edge_filter
  if (!reducedStillPicture) skipInterTools(reader);
  reader.skip(3); // enable_superres, enable_cdef, enable_restoration
  const color = readColorConfig(reader, profile);
  reader.skip(1); // film_grain_params_present
  if (reader.overrun)
    throw invalid(at, 'sequence_header_obu', `${payload.length} bytes`, 'all fields present');
  return { profile, ...points, reducedStillPicture, width, height, ...color };
}

function readOperatingPoints(reader: BitReader) {
  const frameRate = reader.flag() ? readTimingInfo(reader) : undefined;
  // decoder_model_info() comes only with timing_info(), which `readTimingInfo` leaves the reader behind.
  const delayLength = frameRate !== undefined && reader.flag() ? readDecoderModelInfo(reader) : 0;
  const displayDelayPresent = reader.flag();
  const count = reader.bits(5) + 1;
  let levelIdx = 0;
  let tier = 0;
  for (let i = 0; i < count; i++) {
    reader.skip(12); // operating_point_idc
    const level = reader.bits(5);
    const pointTier = level > 7 ? reader.bit() : 0;
    if (i === 0) {
      levelIdx = level;
      tier = pointTier;
    }
    if (delayLength > 0 && reader.flag()) reader.skip(2 * delayLength + 1);
    if (displayDelayPresent && reader.flag()) reader.skip(4);
  }
  return { levelIdx, tier, frameRate: frameRate === 0 ? undefined : frameRate };
}

/** timing_info(); 0 when it tells no rate. */
function readTimingInfo(reader: BitReader): number {
  const unitsInTick = reader.bits(32);
  const timeScale = reader.bits(32);
  const ticksPerPicture = reader.flag() ? reader.ue() + 1 : 1; // uvlc() is ue(v) but for its longest codes
  return unitsInTick === 0 ? 0 : timeScale / unitsInTick / ticksPerPicture;
}

/** decoder_model_info(): the length of the delays of an operating point. */
function readDecoderModelInfo(reader: BitReader): number {
  const length = reader.bits(5) + 1;
  reader.skip(32 + 5 + 5);
  return length;
}

function skipInterTools(reader: BitReader): void {
  reader.skip(4); // interintra, masked compound, warped motion, dual filter
  const orderHint = reader.flag();
  if (orderHint) reader.skip(2);
  const chooseScreenContent = reader.flag();
  const forceScreenContent = chooseScreenContent || reader.flag();
  if (forceScreenContent && !reader.flag()) reader.skip(1); // seq_force_integer_mv
  if (orderHint) reader.skip(3);
}

const UNSPECIFIED = 2;

/** color_config() (§5.5.2). */
function readColorConfig(reader: BitReader, profile: number) {
  const highBitDepth = reader.flag();
  const twelveBit = profile === 2 && highBitDepth && reader.flag();
  const bitDepth = twelveBit ? 12 : highBitDepth ? 10 : 8;
  const monochrome = profile !== 1 && reader.flag();
  const described = reader.flag();
  const primaries = described ? reader.bits(8) : UNSPECIFIED;
  const transfer = described ? reader.bits(8) : UNSPECIFIED;
  const matrix = described ? reader.bits(8) : UNSPECIFIED;
  const srgb = !monochrome && primaries === 1 && transfer === 13 && matrix === 0;
  const fullRange = srgb || reader.flag();
  const [subsamplingX, subsamplingY] = monochrome
    ? [1, 1]
    : srgb
      ? [0, 0]
      : readSubsampling(reader, profile, bitDepth);
  const position = !monochrome && subsamplingX === 1 && subsamplingY === 1;
  const chromaSamplePosition = position ? reader.bits(2) : 0;
  if (!monochrome) reader.skip(1); // separate_uv_delta_q
  const colour = described || fullRange ? { fullRange, primaries, transfer, matrix } : undefined;
  return { bitDepth, monochrome, subsamplingX, subsamplingY, chromaSamplePosition, colour };
}

function readSubsampling(reader: BitReader, profile: number, bitDepth: number): [number, number] {
  if (profile === 0) return [1, 1];
  if (profile === 1) return [0, 0];
  if (bitDepth < 12) return [1, 0];
  const x = reader.bit();
  return [x, x === 1 ? reader.bit() : 0];
}

function invalid(offset: number, field: string, actual: number | string, permitted: string): MuxerError {
  return new MuxerError('ERR_CLOUDPUSH_AV1_SEQUENCE_HEADER_INVALID', { offset, field, actual, permitted });
}
