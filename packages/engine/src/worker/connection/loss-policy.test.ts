import { RtmpError, RtmpErrorCode } from '@cloudpush/transport';
import { expect, test } from 'vitest';
import { CloudPushError } from '../../base/errors.js';
import { LossPolicy } from './loss-policy.js';

const POLICY = { maxAttempts: 100, initialDelay: 1000, maxDelay: 1000, resetAfter: 60_000, maxRefusals: 2 };
const IN_SEGMENT = {
  wantsConnection: true,
  segments: { isBetween: false, isAtRest: false, isOpening: false },
};
const BETWEEN = { wantsConnection: true, segments: { ...IN_SEGMENT.segments, isBetween: true } };

function failure(errorClass: 'retryable' | 'fatal' = 'retryable'): CloudPushError {
  return new CloudPushError('ERR_TEST', 'the test says so', { class: errorClass });
}

const refusal = new RtmpError(RtmpErrorCode.publishFailed, 'publish', 'not now', { class: 'retryable' });

test('a lost connection is made again after a delay, between segments not before the next one', () => {
  const policy = new LossPolicy(POLICY);
  const retry = policy.decide(failure(), false, IN_SEGMENT);
  expect(retry).toEqual({ kind: 'retry', delay: expect.any(Number) });
  expect(policy.decide(failure(), false, BETWEEN)).toEqual({ kind: 'rest' });
});

test('it is the end where nothing is left to be sent, without a policy, and where no attempt could help', () => {
  const error = failure();
  const end = { kind: 'end', error };
  expect(new LossPolicy(POLICY).decide(error, false, { ...IN_SEGMENT, wantsConnection: false })).toEqual(end);
  expect(new LossPolicy(undefined).decide(error, false, IN_SEGMENT)).toEqual(end);
  expect(new LossPolicy(undefined).decide(error, false, BETWEEN)).toEqual(end);
  const fatal = failure('fatal');
  expect(new LossPolicy(POLICY).decide(fatal, false, IN_SEGMENT)).toEqual({ kind: 'end', error: fatal });
});

test('what is mended is tried again at once, whatever the policy says', () => {
  for (const policy of [undefined, POLICY])
    expect(new LossPolicy(policy).decide(failure('fatal'), true, IN_SEGMENT)).toEqual({
      kind: 'retry',
      delay: 0,
    });
});

test('refusals in a row that are no final word come to an end, and the last says how many there were', () => {
  const policy = new LossPolicy(POLICY);
  const kinds = [0, 1].map(() => policy.decide(refusal, false, IN_SEGMENT).kind);
  expect(kinds).toEqual(['retry', 'retry']);
  expect(policy.decide(refusal, false, IN_SEGMENT)).toMatchObject({
    kind: 'end',
    error: {
      code: RtmpErrorCode.publishFailed,
      message: expect.stringMatching(/^not now \(given up after 3 refusals in a row;/),
    },
  });
});

test('another failure in between, or a while of publishing, has them counted anew', () => {
  for (const breakUp of [
    (policy: LossPolicy) => void policy.decide(failure(), false, IN_SEGMENT),
    (policy: LossPolicy) => policy.published(60_000),
  ]) {
    const policy = new LossPolicy(POLICY);
    for (let i = 0; i < 2; i++) policy.decide(refusal, false, IN_SEGMENT);
    breakUp(policy);
    expect(policy.decide(refusal, false, IN_SEGMENT).kind).toBe('retry');
  }
});

test('attempts that failed on another shard count', () => {
  const policy = new LossPolicy({ ...POLICY, maxAttempts: 3 });
  policy.resume(3);
  expect(policy.decide(failure(), false, IN_SEGMENT).kind).toBe('end');
});
