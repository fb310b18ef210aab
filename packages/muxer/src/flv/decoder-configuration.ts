import { readUint16 } from '../bits/bytes.js';
import { MuxerError } from '../errors.js';

/** What a reader of samples needs of an `avcC` or `hvcC`. */
export interface DecoderConfiguration {
  /** Bytes of the length in front of each NAL unit. */
  readonly lengthSize: number;
  /** Parameter sets, in the order of the record. */
  readonly nalUnits: readonly Uint8Array[];
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
  return { lengthSize: (record[4]! & 3) + 1, nalUnits };
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
  return { lengthSize: (record[21]! & 3) + 1, nalUnits };
}

function readNalUnits(record: Uint8Array, start: number, count: number, nalUnits: Uint8Array[]): number {
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

function requireBytes(record: Uint8Array, position: number, count: number): void {
  if (position + count > record.length) {
    throw new MuxerError('ERR_CLOUDPUSH_FLV_TAG_INVALID', {
      offset: position,
      field: 'decoder configuration record',
      actual: `${record.length} bytes`,
      permitted: `≥ ${position + count} bytes`,
    });
  }
}
