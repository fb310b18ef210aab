import { ByteWriter } from '../bits/byte-writer.js';
import type { Vp9KeyFrame } from './uncompressed-header.js';

/** Largest luma picture size of each level (VP9 levels, Annex A): level × 10 and samples. */
const levels: readonly (readonly [number, number])[] = [
  [10, 36_864],
  [11, 73_728],
  [20, 122_880],
  [21, 245_760],
  [30, 552_960],
  [31, 983_040],
  [40, 2_228_224],
  [50, 8_912_896],
  [60, 35_651_584],
];

/**
 * The lowest level whose pictures are large enough; the frame rate, which would tell more, is not in the
 * stream.
 */
export function vp9Level(header: Vp9KeyFrame): number {
  const size = header.width * header.height;
  return levels.find(([, largest]) => size <= largest)?.[0] ?? 62;
}

/** chromaSubsampling: 1 4:2:0 (samples beside the luma ones), 2 4:2:2, 3 4:4:4. */
function chromaSubsampling(header: Vp9KeyFrame): number {
  if (header.subsamplingX === 0) return 3;
  return header.subsamplingY === 0 ? 2 : 1;
}

/**
 * VPCodecConfigurationRecord (VP Codec ISO Media File Format Binding §2.2) behind the version and flags of
 * its box, which is the form that FFmpeg, so far the one sender in the field, has settled on.
 */
export function encodeVpCodecConfigurationRecord(header: Vp9KeyFrame): Uint8Array {
  const writer = new ByteWriter(12);
  writer.u8(1); // version
  writer.u24(0); // flags
  writer.u8(header.profile);
  writer.u8(vp9Level(header));
  writer.u8((header.bitDepth << 4) | (chromaSubsampling(header) << 1) | Number(header.colour.fullRange));
  writer.u8(header.colour.primaries);
  writer.u8(header.colour.transfer);
  writer.u8(header.colour.matrix);
  writer.u16(0); // codecInitializationDataSize
  return writer.bytes;
}

/** The RFC 6381 name (§3 there), such as `vp09.00.31.08`. */
export function vp9CodecString(header: Vp9KeyFrame): string {
  const numbers = [header.profile, vp9Level(header), header.bitDepth];
  return ['vp09', ...numbers.map((number) => String(number).padStart(2, '0'))].join('.');
}
