import { ObuType } from '../av1/obu.js';
import { avcNalUnitLengthSize } from '../h264/avc-decoder-configuration-record.js';
import { AvcNalUnitType, avcNalUnitType, isAvcVcl } from '../h264/nal-unit.js';
import { hevcNalUnitLengthSize } from '../h265/hevc-decoder-configuration-record.js';
import { hevcNalUnitType, isHevcIrap, isHevcVcl } from '../h265/nal-unit.js';
import type { VideoCodec } from '../media-packet.js';
import { nalUnitStarts } from '../nal/nal-unit-starts.js';

/**
 * Tells whether decoding can start with a packet, by its headers alone: an IDR picture of H.264, an IRAP
 * picture of H.265, a key frame of VP9, a temporal unit of AV1 with a sequence header. A recovery point (SEI)
 * is not looked for.
 *
 * @param configuration the packet's, when its NAL units are length-prefixed (`MediaPacket.configuration`)
 */
export function isKeyFrame(codec: VideoCodec, data: Uint8Array, configuration?: Uint8Array): boolean {
  switch (codec) {
    case 'h264':
      return holdsAvcIdr(data, configuration === undefined ? 0 : avcNalUnitLengthSize(configuration));
    case 'h265':
      return holdsHevcIrap(data, configuration === undefined ? 0 : hevcNalUnitLengthSize(configuration));
    case 'vp9':
      return isVp9KeyFrame(data);
    case 'av1':
      return hasAv1SequenceHeader(data);
    default:
      return codec satisfies never;
  }
}

/**
 * The bytes of a packet from its first slice on (H.264, H.265), which are the same for all who read one
 * encoder: parameter sets in front of it may not be. Other codecs, and packets without a slice: all bytes.
 *
 * @param configuration the packet's, when its NAL units are length-prefixed (`MediaPacket.configuration`)
 */
export function slicesOf(codec: VideoCodec, data: Uint8Array, configuration?: Uint8Array): Uint8Array {
  const isSlice = SLICES[codec];
  if (isSlice === undefined) return data;
  const size = codec === 'h264' ? avcNalUnitLengthSize : hevcNalUnitLengthSize;
  for (const start of nalUnitStarts(data, configuration === undefined ? 0 : size(configuration)))
    if (isSlice(data[start]!)) return data.subarray(start);
  return data;
}

/** Of the first byte of a NAL unit. */
const SLICES: Partial<Record<VideoCodec, (header: number) => boolean>> = {
  h264: (header) => isAvcVcl(avcNalUnitType(header)),
  h265: (header) => isHevcVcl(hevcNalUnitType(header)),
};

function holdsAvcIdr(data: Uint8Array, lengthSize: number): boolean {
  for (const start of nalUnitStarts(data, lengthSize))
    if (avcNalUnitType(data[start]!) === AvcNalUnitType.idrSlice) return true;
  return false;
}

function holdsHevcIrap(data: Uint8Array, lengthSize: number): boolean {
  for (const start of nalUnitStarts(data, lengthSize))
    if (isHevcIrap(hevcNalUnitType(data[start]!))) return true;
  return false;
}

/** show_existing_frame and frame_type are 0 (VP9 §6.2); profile 3 has one bit more in front of them. */
function isVp9KeyFrame(data: Uint8Array): boolean {
  const first = data[0] ?? 0xff;
  return ((first & 0x30) === 0x30 ? first & 0x06 : first & 0x0c) === 0;
}

/** Encoders put a sequence header in front of each key frame: behind the temporal delimiter (AV1 §7.5). */
function hasAv1SequenceHeader(data: Uint8Array): boolean {
  const first = obuType(data, 0);
  if (first === ObuType.temporalDelimiter) return obuType(data, 2) === ObuType.sequenceHeader;
  return first === ObuType.sequenceHeader;
}

function obuType(data: Uint8Array, index: number): number {
  return ((data[index] ?? 0) >> 3) & 15;
}
