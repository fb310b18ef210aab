import { RtmpError, RtmpErrorCode } from '../errors.js';

/** Limit types of Set Peer Bandwidth (RTMP 1.0 §5.4.5). */
export const PeerBandwidthLimit = { hard: 0, soft: 1, dynamic: 2 } as const;
export type PeerBandwidthLimit = 0 | 1 | 2;

/** The payload of Set Chunk Size, Acknowledgement and Window Acknowledgement Size (RTMP 1.0 §5.4.1, .3, .4). */
export function encodeUint32(value: number): Buffer {
  const payload = Buffer.allocUnsafe(4);
  payload.writeUInt32BE(value >>> 0, 0);
  return payload;
}

/** @throws RtmpError `ERR_CLOUDPUSH_PROTOCOL` when there are fewer than four bytes */
export function decodeUint32(payload: Uint8Array): number {
  if (payload.length < 4) throw tooShort(payload.length, 4);
  return ((payload[0]! << 24) | (payload[1]! << 16) | (payload[2]! << 8) | payload[3]!) >>> 0;
}

/** Set Peer Bandwidth (RTMP 1.0 §5.4.5). */
export function encodePeerBandwidth(windowSize: number, limit: PeerBandwidthLimit): Buffer {
  const payload = Buffer.allocUnsafe(5);
  payload.writeUInt32BE(windowSize >>> 0, 0);
  payload[4] = limit;
  return payload;
}

export function tooShort(actual: number, permitted: number): RtmpError {
  return new RtmpError(
    RtmpErrorCode.protocol,
    'message',
    `A control message has ${actual} bytes, permitted: at least ${permitted}`,
    { details: { actual, permitted } },
  );
}
