import { readUint32, writeUint32 } from '../bits/uint.js';
import { RtmpError, RtmpErrorCode } from '../errors.js';
import { MAX_CHUNK_SIZE } from '../limits.js';
import { cutOff } from './errors.js';

/** Limit types of Set Peer Bandwidth (RTMP 1.0 §5.4.5). */
export const PeerBandwidthLimit = { hard: 0, soft: 1, dynamic: 2 } as const;
export type PeerBandwidthLimit = 0 | 1 | 2;

/**
 * The payload of Set Chunk Size, Acknowledgement and Window Acknowledgement Size (RTMP 1.0 §5.4.1, .3, .4).
 */
export function encodeUint32(value: number): Buffer {
  const payload = Buffer.allocUnsafe(4);
  writeUint32(payload, 0, value);
  return payload;
}

/** @throws RtmpError `ERR_CLOUDPUSH_PROTOCOL` when there are fewer than four bytes */
export function decodeUint32(payload: Uint8Array): number {
  if (payload.length < 4) throw cutOff('a control message', payload.length, 4);
  return readUint32(payload, 0);
}

/**
 * Set Chunk Size (RTMP 1.0 §5.4.1): 31 bits, at least 1; sizes above a message's greatest length are all the
 * same.
 * @throws RtmpError `ERR_CLOUDPUSH_PROTOCOL`
 */
export function decodeChunkSize(payload: Uint8Array): number {
  const size = decodeUint32(payload);
  if (size >= 1 && size <= 0x7fffffff) return Math.min(size, MAX_CHUNK_SIZE);
  const permitted = '1 to 2147483647';
  throw new RtmpError(
    RtmpErrorCode.protocol,
    'message',
    `the peer set the chunk size to ${size}, permitted: ${permitted}`,
    { details: { actual: size, permitted } },
  );
}

/** Set Peer Bandwidth (RTMP 1.0 §5.4.5). */
export function encodePeerBandwidth(windowSize: number, limit: PeerBandwidthLimit): Buffer {
  const payload = Buffer.allocUnsafe(5);
  writeUint32(payload, 0, windowSize);
  payload[4] = limit;
  return payload;
}
