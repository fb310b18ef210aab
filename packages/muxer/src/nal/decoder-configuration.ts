import type { ByteWriter } from '../bits/byte-writer.js';
import { readUint16 } from '../bits/bytes.js';
import { MuxerError } from '../errors.js';

/** The part of an `avcC` or `hvcC` that a reader of samples needs. */
export interface DecoderConfiguration {
  /** Bytes of the length in front of each NAL unit. */
  readonly lengthSize: number;
  /** Parameter sets, in the order of the record. */
  readonly nalUnits: readonly Uint8Array[];
}

/** Reads `count` NAL units with a 16-bit length in front of each; returns where they end. */
export function readNalUnits(
  record: Uint8Array,
  start: number,
  count: number,
  nalUnits: Uint8Array[],
): number {
  let position = start;
  for (let i = 0; i < count; i++) {
    requireBytes(record, position, 2);
    const length = readUint16(record, position);
    requireBytes(record, position + 2, length);
    nalUnits.push(record.subarray(position + 2, position + 2 + length));
    position += 2 + length;
  }
  return position;
}

/** Refuses a record that ends before `count` bytes behind `position`. */
export function requireBytes(record: Uint8Array, position: number, count: number): void {
  if (position + count > record.length) {
    throw new MuxerError('ERR_CLOUDPUSH_VIDEO_CONFIGURATION_INVALID', {
      offset: position,
      actual: `${record.length} bytes`,
      permitted: `≥ ${position + count} bytes`,
    });
  }
}

/** Bytes of NAL units with a 16-bit length in front of each. */
export function nalUnitsSize(nals: readonly Uint8Array[]): number {
  let size = 0;
  for (const nal of nals) size += 2 + nal.length;
  return size;
}

/** Writes NAL units with a 16-bit length in front of each. */
export function writeNalUnits(writer: ByteWriter, nals: readonly Uint8Array[]): void {
  for (const nal of nals) {
    writer.u16(nal.length);
    writer.copy(nal);
  }
}
