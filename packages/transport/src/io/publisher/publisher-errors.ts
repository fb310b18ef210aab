import { RtmpError, RtmpErrorCode } from '../../errors.js';

/** Neither the URL nor the options name a stream. */
export function noStreamName(): RtmpError {
  return new RtmpError(
    RtmpErrorCode.invalidUrl,
    'url',
    'the push URL names no stream, and no stream name is given',
  );
}

/** A call after `close`, or on a connection that is gone. */
export function closedByCaller(): RtmpError {
  return new RtmpError(RtmpErrorCode.invalidState, 'close', 'the publisher is closed, or being closed');
}

/** One `nextStream` at a time. */
export function nextStreamWaits(): RtmpError {
  return new RtmpError(
    RtmpErrorCode.invalidState,
    'publish',
    'nextStream was called while an earlier call waits for the server',
  );
}

/** The time-out of `close` has run out: `left` bytes, and what the kernel holds, are discarded. */
export function closeTimeout(left: number, permitted: number): RtmpError {
  const text =
    left > 0
      ? `${left} bytes were still queued ${permitted} ms after close: they are lost`
      : `the server did not end the connection within ${permitted} ms after close: the end of the stream may be lost`;
  return new RtmpError(RtmpErrorCode.timeout, 'close', text, { details: { actual: left, permitted } });
}

/** `send` was called on after it had said false. */
export function outboxFull(actual: number, permitted: number): RtmpError {
  return new RtmpError(
    RtmpErrorCode.outboxFull,
    'publishing',
    `${actual} bytes are queued, permitted: ${permitted} (send was called on after it had said false)`,
    { details: { actual, permitted } },
  );
}
