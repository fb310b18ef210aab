import { RtmpError, RtmpErrorCode, type RtmpStage } from '../../errors.js';
import { queryValues, withForms } from '../../redaction/known-secrets.js';
import { textsIn } from './own-texts.js';
import {
  type PublishSessionOptions,
  type PublishState,
  type SessionState,
  stageOf,
} from './publish-state.js';
import { silentEnd } from './silent-end.js';
import { failureOf, type RtmpStatus } from './status.js';

/** nginx-rtmp's default `max_message`: it disconnects at a longer message, and says why in its log only. */
const NGINX_MAX_MESSAGE = 2 ** 20;

/** The error for a failing status, without what must not be shown of this session. */
export function refusal(
  status: RtmpStatus,
  stage: RtmpStage,
  { connectObject, connectArguments, secrets = [] }: PublishSessionOptions,
  streamName: string,
): RtmpError {
  const { app, tcUrl } = connectObject;
  const own = textsIn(connectArguments);
  return failureOf(
    status,
    stage,
    withForms([...secrets, ...queryValues([app, tcUrl, streamName, ...own]), ...own]),
  );
}

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
  const tooLarge =
    largestMessage > NGINX_MAX_MESSAGE
      ? `; the largest message had ${largestMessage} bytes, and nginx-rtmp's default max_message is ${NGINX_MAX_MESSAGE}`
      : '';
  const silent = silentEnd(state, now);
  const code = cause === undefined ? RtmpErrorCode.peerClosed : RtmpErrorCode.socket;
  const what = cause === undefined ? 'the server closed the connection' : 'the connection broke';
  const text = `${what} (${stage})${tooLarge}${silent?.hint ?? ''}`;
  return new RtmpError(code, stage, text, { cause, ...(silent && { details: silent.details }) });
}

/** The error for an answer that has not come in time. */
export function noAnswer(stage: RtmpStage): RtmpError {
  const text = `the server did not answer within the time-out (${stage})`;
  return new RtmpError(RtmpErrorCode.timeout, stage, text);
}

/** The error for a call that the present state does not allow. */
export function misplacedCall(operation: string, actual: PublishState, permitted: PublishState): RtmpError {
  const text = `${operation} is not possible while ${actual}, only while ${permitted}`;
  return new RtmpError(RtmpErrorCode.invalidState, stageOf(actual), text, { details: { actual, permitted } });
}

/** Checks the answer to `createStream`: a chunk header has 32 bits for the id (RTMP 1.0 §5.3.1.2.1). */
export function checkedStreamId(id: number): number {
  if (Number.isInteger(id) && id >= 0 && id <= 0xffffffff) return id;
  throw new RtmpError(
    RtmpErrorCode.createStreamFailed,
    'create-stream',
    `the server answered createStream with the stream id ${id}, permitted: 0 to 4294967295`,
    { details: { actual: id, permitted: '0 to 4294967295' } },
  );
}

/** The error for an answer to `createStream` that names no stream. */
export function noStreamId(): RtmpError {
  const text = 'the server answered createStream without a stream id';
  return new RtmpError(RtmpErrorCode.createStreamFailed, 'create-stream', text);
}
