import { RtmpError, RtmpErrorCode } from '../errors.js';
import { MAX_CHUNK_SIZE } from '../limits.js';

/**
 * Set Chunk Size (RTMP 1.0 §5.4.1): 31 bits, at least 1; sizes above a message's greatest length are all the
 * same.
 */
export function parseChunkSize(payload: Uint8Array): number {
  if (payload.length < 4) throw protocol(`Set Chunk Size of ${payload.length} bytes`, '4 bytes');
  const size = readUint32(payload, 0);
  if (size === 0 || size > 0x7fffffff) throw protocol(`Set Chunk Size to ${size}`, '1 to 2147483647');
  return Math.min(size, MAX_CHUNK_SIZE);
}

/** 4 when the value stands here, 0 when something else does, -1 when what is here could become it. */
export function matchUint32(bytes: Uint8Array, offset: number, end: number, value: number): 4 | 0 | -1 {
  for (let i = 0; i < 4; i++) {
    if (offset + i >= end) return -1;
    if (bytes[offset + i] !== ((value >>> (24 - 8 * i)) & 0xff)) return 0;
  }
  return 4;
}

export function readUint32(bytes: Uint8Array, offset: number): number {
  return (
    ((bytes[offset]! << 24) | (bytes[offset + 1]! << 16) | (bytes[offset + 2]! << 8) | bytes[offset + 3]!) >>>
    0
  );
}

export function protocol(actual: string, permitted: string): RtmpError {
  return new RtmpError(
    RtmpErrorCode.protocol,
    'message',
    `The peer sent: ${actual}; permitted: ${permitted}`,
    {
      details: { actual, permitted },
    },
  );
}

export function pastLimit(what: string, actual: number, permitted: number): RtmpError {
  return new RtmpError(
    RtmpErrorCode.peerLimit,
    'message',
    `The peer uses ${actual} ${what}, permitted: ${permitted}`,
    {
      details: { actual, permitted },
    },
  );
}
