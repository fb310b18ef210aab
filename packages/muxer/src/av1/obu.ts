import { MuxerError } from '../errors.js';

/** obu_type (AV1 §6.2.2). */
export const ObuType = {
  sequenceHeader: 1,
  temporalDelimiter: 2,
  frameHeader: 3,
  frame: 6,
  padding: 15,
} as const;

/** obu_header() and obu_size (AV1 §5.3.1). One object is reused for every unit. */
export class ObuHeader {
  type = 0;
  /** Offset of the payload. */
  payloadStart = 0;
  /** Offset of the unit's end. */
  end = 0;

  /** Reads the unit at data[offset]. Throws MuxerError. */
  read(data: Uint8Array, offset: number): void {
    const first = data[offset]!;
    if ((first & 0x80) !== 0) throw invalid(offset, 'obu_forbidden_bit', 1, '0');
    this.type = (first >> 3) & 15;
    const hasExtension = (first & 4) !== 0;
    const hasSize = (first & 2) !== 0;
    const sizeAt = offset + (hasExtension ? 2 : 1);
    if (sizeAt > data.length) throw invalid(offset, 'obu_extension_header', 'the end', '1 byte');
    if (!hasSize) {
      // Only the last unit of a temporal unit may go without its size: it ends where the packet ends.
      this.payloadStart = sizeAt;
      this.end = data.length;
      return;
    }
    const size = this.#readLeb128(data, sizeAt);
    this.end = this.payloadStart + size;
    if (this.end > data.length) {
      throw invalid(offset, 'obu_size', size, `≤ ${data.length - this.payloadStart}`);
    }
  }

  /** leb128() (§4.10.5) of at most 5 bytes, which holds all sizes that fit a message. */
  #readLeb128(data: Uint8Array, offset: number): number {
    let value = 0;
    for (let i = 0; i < 5 && offset + i < data.length; i++) {
      const byte = data[offset + i]!;
      value += (byte & 0x7f) * 2 ** (7 * i);
      if ((byte & 0x80) === 0) {
        this.payloadStart = offset + i + 1;
        return value;
      }
    }
    throw invalid(offset, 'obu_size', 'no end', 'leb128() of at most 5 bytes');
  }
}

function invalid(offset: number, field: string, actual: number | string, permitted: string): MuxerError {
  return new MuxerError('ERR_CLOUDPUSH_AV1_OBU_INVALID', { offset, field, actual, permitted });
}
