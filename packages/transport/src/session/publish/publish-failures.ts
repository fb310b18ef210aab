import { RtmpError, RtmpErrorCode } from '../../errors.js';
import { type PublishState, type SessionState, stageOf } from './publish-state.js';
import { silentEnd } from './silent-end.js';

/** nginx-rtmp's default `max_message`: it disconnects at a longer message, and says why in its log only. */
const NGINX_MAX_MESSAGE = 2 ** 20;

/** Bytes of a message that few servers take, though RTMP allows 2^24 − 1 (§5.3.1.2). */
const USUAL_MAX_MESSAGE = 8 * 2 ** 20;

/**
 * The error for a connection that closed, or broke with `cause`.
 * @param largestMessage bytes of the longest message that was sent
 */
export function lostConnection(
  state: SessionState,
  now: number,
  largestMessage: number,
  cause?: unknown,
): RtmpError {
  const stage = stageOf(state.name);
  const tooLarge = tooLargeHint(largestMessage);
  // What is certain to be too much for most needs no other guess.
  const silent = largestMessage > USUAL_MAX_MESSAGE ? undefined : silentEnd(state, now);
  const code = cause === undefined ? RtmpErrorCode.peerClosed : RtmpErrorCode.socket;
  const what = cause === undefined ? 'the server closed the connection' : 'the connection broke';
  const text = `${what} (${stage})${tooLarge}${silent?.hint ?? ''}`;
  return new RtmpError(code, stage, text, { cause, ...(silent && { details: silent.details }) });
}

function tooLargeHint(largestMessage: number): string {
  if (largestMessage <= NGINX_MAX_MESSAGE) return '';
  const what = `; the largest message had ${largestMessage} bytes, and`;
  return largestMessage > USUAL_MAX_MESSAGE
    ? `${what} few servers take more than ${USUAL_MAX_MESSAGE}: pictures of a lower bit rate are needed, or a server that is set to take them`
    : `${what} nginx-rtmp's default max_message is ${NGINX_MAX_MESSAGE}`;
}

/** The error for a call that the present state does not allow. */
export function misplacedCall(operation: string, actual: PublishState, permitted: PublishState): RtmpError {
  const text = `${operation} is not possible while ${actual}, only while ${permitted}`;
  return new RtmpError(RtmpErrorCode.invalidState, stageOf(actual), text, { details: { actual, permitted } });
}
