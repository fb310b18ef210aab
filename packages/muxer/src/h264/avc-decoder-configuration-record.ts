import { ByteWriter } from '../bits/byte-writer.js';
import { type AvcSps, hasHighProfileFields } from './sps.js';

/** Profiles whose `avcC` has the extension fields (ISO/IEC 14496-15 §5.3.3.1.2). */
function hasExtensionFields(profileIdc: number): boolean {
  return hasHighProfileFields(profileIdc);
}

/**
 * AVCDecoderConfigurationRecord (ISO/IEC 14496-15 §5.3.3.1.2) with NAL unit lengths of 4 bytes. `first` is the SPS
 * that gives profile and level; SPS and PPS are NAL units without start codes, in the order of the stream.
 */
export function encodeAvcDecoderConfigurationRecord(
  first: AvcSps,
  spsNals: readonly Uint8Array[],
  ppsNals: readonly Uint8Array[],
  spsExtensionNals: readonly Uint8Array[] = [],
): Uint8Array {
  const extended = hasExtensionFields(first.profileIdc);
  const size = 7 + arraySize(spsNals) + arraySize(ppsNals) + (extended ? 4 + arraySize(spsExtensionNals) : 0);
  const writer = new ByteWriter(size);
  writer.u8(1); // configurationVersion
  writer.u8(first.profileIdc);
  writer.u8(first.constraintFlags);
  writer.u8(first.levelIdc);
  writer.u8(0xfc | 3); // lengthSizeMinusOne
  writer.u8(0xe0 | spsNals.length);
  writeArray(writer, spsNals);
  writer.u8(ppsNals.length);
  writeArray(writer, ppsNals);
  if (extended) {
    writer.u8(0xfc | first.chromaFormatIdc);
    writer.u8(0xf8 | (first.bitDepthLuma - 8));
    writer.u8(0xf8 | (first.bitDepthChroma - 8));
    writer.u8(spsExtensionNals.length);
    writeArray(writer, spsExtensionNals);
  }
  return writer.bytes;
}

function arraySize(nals: readonly Uint8Array[]): number {
  let size = 0;
  for (const nal of nals) size += 2 + nal.length;
  return size;
}

function writeArray(writer: ByteWriter, nals: readonly Uint8Array[]): void {
  for (const nal of nals) {
    writer.u16(nal.length);
    writer.copy(nal);
  }
}
