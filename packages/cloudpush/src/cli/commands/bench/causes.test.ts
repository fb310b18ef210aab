import { CloudPushError } from '@cloudpush/engine';
import { expect, test } from 'vitest';
import { CauseCounter } from './causes.js';

function refused(port: number): CloudPushError {
  const cause = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
  return new CloudPushError('ERR_CLOUDPUSH_SOCKET_CONNECT', `port ${port}: ECONNREFUSED`, {
    class: 'retryable',
    cause,
  });
}

test('failures are counted by their code, with the message of the first', () => {
  const counter = new CauseCounter();
  counter.add(new CloudPushError('ERR_CLOUDPUSH_CLOSE_TIMEOUT', 'too slow'));
  counter.add(refused(1));
  counter.add(refused(2));
  expect(counter.count).toBe(3);
  expect(counter.causes).toEqual([
    {
      code: 'ERR_CLOUDPUSH_SOCKET_CONNECT',
      system: 'ECONNREFUSED',
      count: 2,
      message: 'port 1: ECONNREFUSED',
    },
    { code: 'ERR_CLOUDPUSH_CLOSE_TIMEOUT', system: null, count: 1, message: 'too slow' },
  ]);
});

test('the same code with another word of the system is another cause', () => {
  const counter = new CauseCounter();
  counter.add(refused(1));
  const cause = Object.assign(new Error('connect'), { code: 'ETIMEDOUT' });
  counter.add(new CloudPushError('ERR_CLOUDPUSH_SOCKET_CONNECT', 'no answer', { class: 'retryable', cause }));
  expect(counter.causes.map(({ system }) => system)).toEqual(['ECONNREFUSED', 'ETIMEDOUT']);
});

test('a stream that ended without an error is counted, with what is said in its place', () => {
  const counter = new CauseCounter();
  counter.add(undefined, 'the stream ended\n before its time');
  expect(counter.causes).toEqual([
    { code: null, system: null, count: 1, message: 'the stream ended before its time' },
  ]);
});
