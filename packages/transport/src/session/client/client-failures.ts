import type { AmfObject, AmfValue } from '../../amf/value.js';
import { RtmpError, RtmpErrorCode, type RtmpStage } from '../../errors.js';
import { queryValues, withForms } from '../../redaction/known-secrets.js';
import { textsIn } from './own-texts.js';
import { failureOf, type RtmpStatus } from './status.js';

/** The texts of a session that an error must not show: whole, or in the queries of its names. */
export interface SessionTexts {
  readonly connectObject: AmfObject;
  readonly connectArguments: readonly AmfValue[];
  readonly streamName: string;
  readonly secrets: readonly string[];
}

/** The error for a failing status, without what must not be shown of this session. */
export function refusedBy(status: RtmpStatus, stage: RtmpStage, texts: SessionTexts): RtmpError {
  const { app, tcUrl } = texts.connectObject;
  const own = textsIn(texts.connectArguments);
  const queries = queryValues([app, tcUrl, texts.streamName, ...own]);
  return failureOf(status, stage, withForms([...texts.secrets, ...queries, ...own]));
}

/** The error for an answer that has not come in time. */
export function noAnswer(stage: RtmpStage): RtmpError {
  const text = `the server did not answer within the time-out (${stage})`;
  return new RtmpError(RtmpErrorCode.timeout, stage, text);
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
