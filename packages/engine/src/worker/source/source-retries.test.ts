import { expect, test } from 'vitest';
import { CloudPushError } from '../../base/errors.js';
import { sourceCommandError, sourceError } from '../../sources/errors.js';
import { unreadable } from '../../sources/media-error.js';
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

test.each([
  ['not there', unreadable('a.flv', { code: 'ENOENT' })],
  ['not readable', unreadable('a.flv', { code: 'EIO' })],
  ['empty', sourceError('ERR_CLOUDPUSH_SOURCE_EMPTY', 'a.flv', 'the file is empty')],
])('a looping file that is %s at the turn of its loop may always come', (_, error) => {
  const always = { ...retry, always: true };
  expect(new SourceRetries(always).delayAfter(error as CloudPushError, true)).toBeLessThanOrEqual(1000);
  expect(new SourceRetries(retry).delayAfter(error as CloudPushError, true)).toBeUndefined();
});

test('what the machine has too little of just now is waited for, of a file and of a program', () => {
  const cause = Object.assign(new Error('too many open files'), { code: 'EMFILE' });
  const errors = [
    unreadable('a.flv', cause) as CloudPushError,
    sourceCommandError('x', 'could not be started', { cause }),
  ];
  for (const wasOpen of [false, true])
    for (const error of errors)
      expect(new SourceRetries(retry).delayAfter(error, wasOpen)).toBeLessThanOrEqual(1000);
});

test('without a policy nothing is opened again', () => {
  const retries = new SourceRetries(undefined);
  expect([retries.delayAfter(failure('auth'), true), retries.delayAfter(failure('retryable'), true)]).toEqual(
    [undefined, undefined],
  );
});
