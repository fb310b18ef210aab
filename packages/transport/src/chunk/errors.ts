import { RtmpError, RtmpErrorCode } from '../errors.js';

/** The error for a peer that breaks the chunk protocol. */
export function protocol(actual: string, permitted: string): RtmpError {
  return new RtmpError(
    RtmpErrorCode.protocol,
    'message',
    `the peer sent: ${actual}; permitted: ${permitted}`,
    {
      details: { actual, permitted },
    },
  );
}

/** The error for a peer that goes past one of our limits. */
export function pastLimit(what: string, actual: number, permitted: number): RtmpError {
  return new RtmpError(
    RtmpErrorCode.peerLimit,
    'message',
    `the peer uses ${actual} ${what}, permitted: ${permitted}`,
    {
      details: { actual, permitted },
    },
  );
}
