import { bitsAbove, joinBits, lowestBits } from '../bits/fields.js';
import { writeUint24, writeUint32, writeUint32LittleEndian } from '../bits/uint.js';

/**
 * A 24-bit timestamp field of this value (or above) means that the extended timestamp follows (RTMP 1.0
 * §5.3.1.3).
 */
export const EXTENDED_TIMESTAMP = 0xffffff;
/** Longest chunk header: basic 3, message 11, extended timestamp 4. */
export const MAX_HEADER_LENGTH = 18;

/** Length of the message header by format (RTMP 1.0 §5.3.1.2). */
export const MESSAGE_HEADER_LENGTH: readonly [number, number, number, number] = [11, 7, 3, 0];

/** Bytes of the basic header for a chunk stream id (RTMP 1.0 §5.3.1.1). */
export function basicHeaderLength(chunkStreamId: number): number {
  if (chunkStreamId < 64) return 1;
  return chunkStreamId < 320 ? 2 : 3;
}

/**
 * Writes the basic header: `second + 64` in the two-byte form, `third * 256 + second + 64` in the three-byte
 * form.
 */
export function writeBasicHeader(
  target: Uint8Array,
  offset: number,
  format: number,
  chunkStreamId: number,
): number {
  if (chunkStreamId < 64) {
    target[offset] = joinBits(format, chunkStreamId, 6);
    return offset + 1;
  }
  const rest = chunkStreamId - 64;
  if (chunkStreamId < 320) {
    target[offset] = joinBits(format, 0, 6);
    target[offset + 1] = rest;
    return offset + 2;
  }
  target[offset] = joinBits(format, 1, 6);
  target[offset + 1] = lowestBits(rest, 8);
  target[offset + 2] = bitsAbove(rest, 8);
  return offset + 3;
}

/** Length of a format 0 header. */
export function fullHeaderLength(chunkStreamId: number, timestamp: number): number {
  return basicHeaderLength(chunkStreamId) + (timestamp >= EXTENDED_TIMESTAMP ? 15 : 11);
}

/**
 * Writes a format 0 header (RTMP 1.0 §5.3.1.2.1), extended timestamp included; the message stream id is
 * little-endian.
 */
export function writeFullHeader(
  target: Uint8Array,
  offset: number,
  chunkStreamId: number,
  timestamp: number,
  length: number,
  type: number,
  messageStreamId: number,
): number {
  let p = writeBasicHeader(target, offset, 0, chunkStreamId);
  const extended = timestamp >= EXTENDED_TIMESTAMP;
  const field = extended ? EXTENDED_TIMESTAMP : timestamp;
  p = writeUint24(target, p, field);
  p = writeUint24(target, p, length);
  target[p++] = type;
  p = writeUint32LittleEndian(target, p, messageStreamId);
  return extended ? writeUint32(target, p, timestamp) : p;
}

/**
 * Writes a format 3 header, with the extended timestamp repeated when the message has one (RTMP 1.0
 * §5.3.1.3).
 */
export function writeContinuationHeader(
  target: Uint8Array,
  offset: number,
  chunkStreamId: number,
  timestamp: number,
): number {
  const p = writeBasicHeader(target, offset, 3, chunkStreamId);
  return timestamp >= EXTENDED_TIMESTAMP ? writeUint32(target, p, timestamp) : p;
}
