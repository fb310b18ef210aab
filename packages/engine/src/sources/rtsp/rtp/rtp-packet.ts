const FIXED_HEADER_BYTES = 12;

/**
 * The header of an RTP packet (RFC 3550 §5.1). One object is used again for every packet: `parse()` sets its
 * fields.
 */
export class RtpPacket {
  payloadType = 0;
  marker = false;
  /** 16 bits. */
  sequence = 0;
  /** 32 bits. */
  timestamp = 0;
  ssrc = 0;
  /** Start and end of the payload, without padding. */
  payloadStart = 0;
  payloadEnd = 0;

  /** Reads the packet that is `bytes` from `start` to `end`; false: it is not a valid one. */
  parse(bytes: Uint8Array, start: number, end: number): boolean {
    if (end - start < FIXED_HEADER_BYTES) return false;
    const first = bytes[start]!;
    if (first >> 6 !== 2) return false;
    let payloadStart = start + FIXED_HEADER_BYTES + 4 * (first & 0x0f);
    if ((first & 0x10) !== 0) {
      if (payloadStart + 4 > end) return false;
      payloadStart += 4 + 4 * ((bytes[payloadStart + 2]! << 8) | bytes[payloadStart + 3]!);
    }
    let payloadEnd = end;
    if ((first & 0x20) !== 0) {
      const padding = bytes[end - 1]!;
      if (padding === 0) return false;
      payloadEnd -= padding;
    }
    if (payloadStart > payloadEnd) return false;
    const second = bytes[start + 1]!;
    this.marker = second >= 0x80;
    this.payloadType = second & 0x7f;
    this.sequence = (bytes[start + 2]! << 8) | bytes[start + 3]!;
    this.timestamp = readUint32(bytes, start + 4);
    this.ssrc = readUint32(bytes, start + 8);
    this.payloadStart = payloadStart;
    this.payloadEnd = payloadEnd;
    return true;
  }
}

/** An unsigned big-endian integer of 32 bits. */
export function readUint32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}
