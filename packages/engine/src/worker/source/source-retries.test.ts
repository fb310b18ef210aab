import { expect, test } from 'vitest';
import { CloudPushError } from '../../base/errors.js';
import { SourceRetries } from './source-retries.js';

const retry = { initialDelay: 100, maxDelay: 1000, always: false };
const failure = (kind: 'retryable' | 'auth' | 'fatal'): CloudPushError =>
  new CloudPushError('ERR_TEST', 'the test says so', { class: kind });

test('a source that is lost is tried again, and failures in a row are counted until it is open', () => {
  const retries = new SourceRetries(retry);
  for (const failed of [1, 2, 3]) {
    expect(retries.delayAfter(failure('retryable'), false)).toBeLessThanOrEqual(1000);
    expect(retries.failed).toBe(failed);
  }
  retries.onOpened();
  expect(retries.failed).toBe(0);
});

test('a wrong password is tried at the longest delay only, so that no camera locks its account', () => {
  expect(new SourceRetries(retry).delayAfter(failure('auth'), false)).toBe(1000);
});

test('what is damaged is not opened again, unless it was not there and may always come', () => {
  expect(new SourceRetries(retry).delayAfter(failure('fatal'), false)).toBeUndefined();
  const always = { ...retry, always: true };
  expect(new SourceRetries(always).delayAfter(failure('fatal'), true)).toBeUndefined();
  expect(new SourceRetries(always).delayAfter(failure('fatal'), false)).toBeLessThanOrEqual(1000);
});

test('without a policy nothing is opened again', () => {
  const retries = new SourceRetries(undefined);
  expect([retries.delayAfter(failure('auth'), true), retries.delayAfter(failure('retryable'), true)]).toEqual(
    [undefined, undefined],
  );
});
