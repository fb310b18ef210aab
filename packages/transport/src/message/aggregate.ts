import { lowestBits } from '../bits/fields.js';
import { readTagTimestamp, readUint24 } from '../bits/uint.js';
import { wrapUint32 } from '../bits/wrap.js';
import { RtmpError, RtmpErrorCode } from '../errors.js';
import { cutOff } from './errors.js';
import type { MessageHandler } from './handler.js';
import { MessageType } from './type.js';

const WHAT = 'an aggregate message';
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
    if (offset + TAG_HEADER > payload.length) throw cutOff(WHAT, payload.length, offset + TAG_HEADER);
    const type = lowestBits(payload[offset]!, 5);
    const size = readUint24(payload, offset + 1);
    const own = readTagTimestamp(payload, offset + 4);
    if (first < 0) first = own;
    if (type === MessageType.aggregate) throw nested();
    const body = offset + TAG_HEADER;
    // The last back pointer is left out by some encoders.
    if (body + size > payload.length) throw cutOff(WHAT, payload.length, body + size);
    handler.onMessage(
      type,
      messageStreamId,
      wrapUint32(timestamp + own - first),
      payload.subarray(body, body + size),
    );
    offset = body + size + BACK_POINTER;
  }
}

/** One inside the other, thousands deep, would be an attack on the stack. */
function nested(): RtmpError {
  return new RtmpError(RtmpErrorCode.protocol, 'message', 'an aggregate message holds an aggregate message');
}
