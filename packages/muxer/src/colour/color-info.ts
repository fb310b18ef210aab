import { MuxerError } from '../errors.js';
import type { ColourDescription } from './colour-description.js';

/** Numbers that say what the code values of the picture mean (ISO/IEC 23091-2). */
export interface ColorConfig {
  /** Bits of a colour channel. */
  readonly bitDepth?: number | undefined;
  readonly colorPrimaries?: number | undefined;
  readonly transferCharacteristics?: number | undefined;
  readonly matrixCoefficients?: number | undefined;
}

/** Content light level, cd/m². */
export interface HdrCll {
  readonly maxFall: number;
  readonly maxCLL: number;
}

/** Mastering display colour volume (SMPTE ST 2086): CIE 1931 coordinates, and cd/m². */
export interface HdrMdcv {
  readonly redX: number;
  readonly redY: number;
  readonly greenX: number;
  readonly greenY: number;
  readonly blueX: number;
  readonly blueY: number;
  readonly whitePointX: number;
  readonly whitePointY: number;
  readonly maxLuminance: number;
  readonly minLuminance: number;
}

/** The `colorInfo` object of Enhanced RTMP ("Metadata Frame"), by its names there. */
export interface ColorInfo {
  readonly colorConfig?: ColorConfig | undefined;
  readonly hdrCll?: HdrCll | undefined;
  readonly hdrMdcv?: HdrMdcv | undefined;
}

/**
 * Source of the `colorInfo` of Enhanced RTMP: `'auto'`: from the stream, when its dynamic range is high (SPS
 * and SEI, or sequence header); an object: from the caller; `'never'`: none is sent.
 */
export type ColorInfoOption = 'auto' | 'never' | ColorInfo;

/** The colour of a stream by the stream itself. */
export interface StreamColour {
  readonly bitDepth: number;
  readonly colour: ColourDescription | undefined;
  readonly hdrCll: HdrCll | undefined;
  readonly hdrMdcv: HdrMdcv | undefined;
}

/** transfer_characteristics of SMPTE ST 2084 (PQ) and of ARIB STD-B67 (HLG). */
const PQ = 16;
const HLG = 18;

/**
 * The `colorInfo` for what a stream tells; undefined for a stream of standard dynamic range, where it would
 * say nothing that a player does not know.
 */
export function colorInfoOf(stream: StreamColour): ColorInfo | undefined {
  const { bitDepth, colour, hdrCll, hdrMdcv } = stream;
  const hdr = colour?.transfer === PQ || colour?.transfer === HLG;
  if (!hdr && hdrCll === undefined && hdrMdcv === undefined) return undefined;
  const colorConfig = {
    bitDepth,
    colorPrimaries: colour?.primaries,
    transferCharacteristics: colour?.transfer,
    matrixCoefficients: colour?.matrix,
  };
  return { colorConfig, hdrCll, hdrMdcv };
}

/**
 * Refuses what has come past the types: a section that is no object would end the stream at its next key
 * frame.
 */
export function requireColorInfo<T extends ColorInfoOption>(option: T): T {
  if (option === 'auto' || option === 'never') return option;
  if (!isObject(option)) throw invalid('colorInfo', option, "'auto', 'never' or an object");
  for (const [field, section] of Object.entries(option)) {
    if (section !== undefined && !isObject(section)) throw invalid(field, section, 'an object');
  }
  return option;
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

function invalid(field: string, actual: unknown, permitted: string): MuxerError {
  return new MuxerError('ERR_CLOUDPUSH_COLOR_INFO_INVALID', { field, actual: String(actual), permitted });
}
