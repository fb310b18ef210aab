import { RtmpError, RtmpErrorCode } from '../errors.js';

/** The error for a message that ends too early: it has `actual` bytes and needs `permitted`. */
export function cutOff(what: string, actual: number, permitted: number): RtmpError {
  return new RtmpError(
    RtmpErrorCode.protocol,
    'message',
    `${what} is cut off: it has ${actual} bytes and needs ${permitted}`,
    { details: { actual, permitted } },
  );
}
