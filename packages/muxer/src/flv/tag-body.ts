import { MuxerError, type MuxerErrorCode } from '../errors.js';
import { limits } from '../limits.js';
import type { MediaPacket } from '../media-packet.js';
import { FlvTag, type TagRole, type TagType } from './flv-tag.js';

/** Room in front of a body that the muxer allocates itself, for the chunk header of the transport. */
export const BODY_HEADROOM = 32;

/** A new body of `size` bytes with `BODY_HEADROOM` writable bytes in front of it in the same buffer. */
export function allocateBody(size: number): Uint8Array {
  return Buffer.allocUnsafe(BODY_HEADROOM + size).subarray(BODY_HEADROOM);
}

/** A tag of a body that `allocateBody` gave. */
export function ownTag(type: TagType, role: TagRole, timestamp: number, body: Uint8Array): FlvTag {
  return new FlvTag(type, role, timestamp, [body], body.length, BODY_HEADROOM);
}

/** Refuses a headroom that is not in front of the packet's data in its buffer. */
export function requireHeadroom(packet: MediaPacket): void {
  const { headroom, data } = packet;
  if (!Number.isInteger(headroom) || headroom < 0 || headroom > data.byteOffset) {
    throw new MuxerError('ERR_CLOUDPUSH_HEADROOM_INVALID', {
      actual: headroom,
      permitted: `0 to ${data.byteOffset}`,
    });
  }
}

export function requireMessageSize(size: number, code: MuxerErrorCode): void {
  if (size > limits.messageSize) {
    throw new MuxerError(code, {
      offset: 0,
      actual: size,
      permitted: `≤ ${limits.messageSize} bytes`,
    });
  }
}
