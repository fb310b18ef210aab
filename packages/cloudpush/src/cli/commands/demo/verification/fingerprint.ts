import { createHash } from 'node:crypto';
import type { SourcePacket } from '@cloudpush/engine/sources';
import { nalUnits, nalUnitType } from './nal-units.js';

/**
 * nal_unit_type values that carry no part of a picture: parameter sets, delimiters, ends, filler, reserved
 * and unspecified types (14496-10 table 7-1, 23008-2 table 7-1). Parameter sets are compared on their own:
 * see `SentConfiguration`.
 */
const BESIDE = {
  h264: new Set([0, 7, 8, 9, 10, 11, 12, 13, 15, 17, 18, ...range(22, 31)]),
  h265: new Set([...range(10, 15), ...range(22, 38), ...range(41, 63)]),
};

const ADTS_HEADER_SIZE = 7;
const ADTS_CRC_SIZE = 2;

/**
 * SHA-256 over what a decoder gets of a packet, whatever it is wrapped in: the NAL units of a picture without
 * start codes and without parameter sets and filler, an AAC frame without its ADTS header, an MP3 frame as it
 * is. It shares no code with the path that it checks.
 */
export function fingerprint(packet: Pick<SourcePacket, 'codec' | 'data'>): string {
  const hash = createHash('sha256');
  for (const part of payload(packet)) {
    // The length goes in too, so that moving a boundary between two NAL units does not go unseen.
    hash.update(`${part.length}:`).update(part);
  }
  return hash.digest('base64');
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

function payload({ codec, data }: Pick<SourcePacket, 'codec' | 'data'>): Uint8Array[] {
  switch (codec) {
    case 'h264':
    case 'h265':
      return nalUnits(data).filter((unit) => !BESIDE[codec].has(nalUnitType(codec, unit)));
    case 'aac':
      return [withoutAdts(data)];
    default:
      return [data];
  }
}

/** 14496-3 1.A.2: protection_absent is the last bit of the second byte. */
function withoutAdts(data: Uint8Array): Uint8Array {
  const hasCrc = (data[1]! & 1) === 0;
  return data.subarray(ADTS_HEADER_SIZE + (hasCrc ? ADTS_CRC_SIZE : 0));
}
