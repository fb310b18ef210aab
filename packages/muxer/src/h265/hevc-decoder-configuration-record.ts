import { ByteWriter } from '../bits/byte-writer.js';
import { readUint16 } from '../bits/bytes.js';
import {
  type DecoderConfiguration,
  nalUnitsSize,
  readNalUnits,
  requireBytes,
  writeNalUnits,
} from '../nal/decoder-configuration.js';
import { HevcNalUnitType } from './nal-unit.js';
import type { HevcPps } from './pps.js';
import type { HevcSps } from './sps.js';

/** parallelismType (ISO/IEC 14496-15 §8.3.3.1.3): 1 slices, 2 tiles, 3 wavefronts, 0 mixed or unknown. */
function parallelismType(sps: HevcSps, ppsList: readonly HevcPps[]): number {
  // Without min_spatial_segmentation_idc the field means nothing.
  if ((sps.vui?.minSpatialSegmentationIdc ?? 0) === 0) return 0;
  const types = new Set(ppsList.map(parallelismOf));
  return types.size === 1 ? [...types][0]! : 0;
}

function parallelismOf(pps: HevcPps): number {
  if (pps.entropyCodingSyncEnabled) return pps.tilesEnabled ? 0 : 3;
  return pps.tilesEnabled ? 2 : 1;
}

/** Parameter sets as NAL units without start codes. */
export interface HevcSetNals {
  readonly vps: readonly Uint8Array[];
  readonly sps: readonly Uint8Array[];
  readonly pps: readonly Uint8Array[];
}

/**
 * HEVCDecoderConfigurationRecord (ISO/IEC 14496-15 §8.3.3.1.2) with NAL unit lengths of 4 bytes, for the
 * active SPS and all PPS; the sets are NAL units without start codes. array_completeness stays 0, because the
 * parameter sets of the stream also stay in its samples.
 */
export function encodeHevcDecoderConfigurationRecord(
  sps: HevcSps,
  ppsList: readonly HevcPps[],
  { vps: vpsNals, sps: spsNals, pps: ppsNals }: HevcSetNals,
): Uint8Array {
  const ptl = sps.profileTierLevel;
  const writer = new ByteWriter(23 + arraySize(vpsNals) + arraySize(spsNals) + arraySize(ppsNals));
  writer.u8(1); // configurationVersion
  writer.u8((ptl.profileSpace << 6) | (ptl.tierFlag << 5) | ptl.profileIdc);
  writer.u32(ptl.compatibilityFlags);
  writer.copy(ptl.constraintFlags);
  writer.u8(ptl.levelIdc);
  writer.u16(0xf000 | (sps.vui?.minSpatialSegmentationIdc ?? 0));
  writer.u8(0xfc | parallelismType(sps, ppsList));
  writer.u8(0xfc | sps.chromaFormatIdc);
  writer.u8(0xf8 | (sps.bitDepthLuma - 8));
  writer.u8(0xf8 | (sps.bitDepthChroma - 8));
  writer.u16(0); // avgFrameRate: unspecified
  writer.u8((sps.maxSubLayers << 3) | (Number(sps.temporalIdNesting) << 2) | 3); // lengthSizeMinusOne
  writer.u8(3); // numOfArrays
  writeArray(writer, HevcNalUnitType.vps, vpsNals);
  writeArray(writer, HevcNalUnitType.sps, spsNals);
  writeArray(writer, HevcNalUnitType.pps, ppsNals);
  return writer.bytes;
}

function arraySize(nals: readonly Uint8Array[]): number {
  return 3 + nalUnitsSize(nals);
}

function writeArray(writer: ByteWriter, nalUnitType: number, nals: readonly Uint8Array[]): void {
  writer.u8(nalUnitType);
  writer.u16(nals.length);
  writeNalUnits(writer, nals);
}

/** Reads an HEVCDecoderConfigurationRecord (ISO/IEC 14496-15 §8.3.3.1.2). */
export function parseHevcDecoderConfigurationRecord(record: Uint8Array): DecoderConfiguration {
  requireBytes(record, 0, 23);
  const nalUnits: Uint8Array[] = [];
  let position = 23;
  for (let array = 0; array < record[22]!; array++) {
    requireBytes(record, position, 3);
    position = readNalUnits(record, position + 3, readUint16(record, position + 1), nalUnits);
  }
  return { lengthSize: hevcNalUnitLengthSize(record), nalUnits };
}

/** Bytes of the length in front of each NAL unit of a sample. */
export function hevcNalUnitLengthSize(record: Uint8Array): number {
  return ((record[21] ?? 3) & 3) + 1;
}
