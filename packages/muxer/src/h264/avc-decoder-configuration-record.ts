import { ByteWriter } from '../bits/byte-writer.js';
import {
  type DecoderConfiguration,
  nalUnitsSize,
  readNalUnits,
  requireBytes,
  writeNalUnits,
} from '../nal/decoder-configuration.js';
import { type AvcSps, hasHighProfileFields } from './sps.js';

/**
 * AVCDecoderConfigurationRecord (ISO/IEC 14496-15 §5.3.3.1.2) with NAL unit lengths of 4 bytes. `first` is
 * the SPS that gives profile and level; SPS and PPS are NAL units without start codes, in the order of the
 * stream.
 */
export function encodeAvcDecoderConfigurationRecord(
  first: AvcSps,
  spsNals: readonly Uint8Array[],
  ppsNals: readonly Uint8Array[],
  spsExtensionNals: readonly Uint8Array[] = [],
): Uint8Array {
  // The extension fields are there for the profiles whose SPS has them.
  const extended = hasHighProfileFields(first.profileIdc);
  const size =
    7 + nalUnitsSize(spsNals) + nalUnitsSize(ppsNals) + (extended ? 4 + nalUnitsSize(spsExtensionNals) : 0);
  const writer = new ByteWriter(size);
  writer.u8(1); // configurationVersion
  writer.u8(first.profileIdc);
  writer.u8(first.constraintFlags);
  writer.u8(first.levelIdc);
  writer.u8(0xfc | 3); // lengthSizeMinusOne
  writer.u8(0xe0 | spsNals.length);
  writeNalUnits(writer, spsNals);
  writer.u8(ppsNals.length);
  writeNalUnits(writer, ppsNals);
  if (extended) {
    writer.u8(0xfc | first.chromaFormatIdc);
    writer.u8(0xf8 | (first.bitDepthLuma - 8));
    writer.u8(0xf8 | (first.bitDepthChroma - 8));
    writer.u8(spsExtensionNals.length);
    writeNalUnits(writer, spsExtensionNals);
  }
  return writer.bytes;
}

/** Reads an AVCDecoderConfigurationRecord (ISO/IEC 14496-15 §5.3.3.1.2). */
export function parseAvcDecoderConfigurationRecord(record: Uint8Array): DecoderConfiguration {
  requireBytes(record, 0, 6);
  const nalUnits: Uint8Array[] = [];
  let position = readNalUnits(record, 6, record[5]! & 0x1f, nalUnits);
  requireBytes(record, position, 1);
  position = readNalUnits(record, position + 1, record[position]!, nalUnits);
  // The High fields: chroma format, bit depths, then SPS extensions; older writers leave them out.
  if (position + 4 <= record.length) readNalUnits(record, position + 4, record[position + 3]!, nalUnits);
  return { lengthSize: avcNalUnitLengthSize(record), nalUnits };
}

/** Bytes of the length in front of each NAL unit of a sample. */
export function avcNalUnitLengthSize(record: Uint8Array): number {
  return ((record[4] ?? 3) & 3) + 1;
}
