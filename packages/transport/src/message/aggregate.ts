import type { MessageHandler } from '../chunk/reader.js';
import { RtmpError, RtmpErrorCode } from '../errors.js';
import { MessageType } from './type.js';

const TAG_HEADER = 11;
const BACK_POINTER = 4;

/**
 * Takes an aggregate message apart (RTMP 1.0 §7.1.6): FLV tags, each with a back pointer. The first one's
 * timestamp is the aggregate's; the others keep their distance from it.
 * @throws RtmpError `ERR_CLOUDPUSH_PROTOCOL`
 */
export function splitAggregate(
  messageStreamId: number,
  timestamp: number,
  payload: Uint8Array,
  handler: MessageHandler,
): void {
  let offset = 0;
  let first = -1;
  while (offset < payload.length) {
    if (offset + TAG_HEADER > payload.length) throw cutOff(payload.length - offset, TAG_HEADER);
    const type = payload[offset]! & 0x1f;
    const size = (payload[offset + 1]! << 16) | (payload[offset + 2]! << 8) | payload[offset + 3]!;
    const low = (payload[offset + 4]! << 16) | (payload[offset + 5]! << 8) | payload[offset + 6]!;
    const own = (low | (payload[offset + 7]! << 24)) >>> 0;
    if (first < 0) first = own;
    if (type === MessageType.aggregate) throw nested();
    const body = offset + TAG_HEADER;
    // The last back pointer is left out by some encoders.
    if (body + size > payload.length) throw cutOff(payload.length - body, size);
    handler.onMessage(
      type,
      messageStreamId,
      (timestamp + own - first) >>> 0,
      payload.subarray(body, body + size),
    );
    offset = body + size + BACK_POINTER;
  }
}

/** One inside the other, thousands deep, would be an attack on the stack. */
function nested(): RtmpError {
  return new RtmpError(RtmpErrorCode.protocol, 'message', 'An aggregate message holds an aggregate message');
}

function cutOff(actual: number, permitted: number): RtmpError {
  return new RtmpError(
    RtmpErrorCode.protocol,
    'message',
    `An aggregate message is cut off: ${actual} bytes are left of ${permitted}`,
    { details: { actual, permitted } },
  );
}
