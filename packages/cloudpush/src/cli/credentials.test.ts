import { CloudPushError } from '@cloudpush/engine';
import { expect, test } from 'vitest';
import { withoutCredentials } from './credentials.js';
import { errorText } from './error-text.js';

const URL = 'rtmp://user:pass%2Fword@host/live/cam?token=s3cret%20key&v=1';

test.each([
  ['denied: /live/cam?token=s3cret%20key&v=1', 'denied: /live/cam?…'],
  ['no such token: s3cret key', 'no such token: …'],
  ['bad password pass/word (or pass%2Fword)', 'bad password … (or …)'],
  ['stage 1 of live/cam failed', 'stage 1 of live/cam failed'],
])('a server that says %j is quoted as %j', (message, shown) => {
  const cause = new Error(message);
  const error = new CloudPushError('ERR_CLOUDPUSH_CONNECT_REJECTED', message, { class: 'auth', cause });
  const clean = withoutCredentials(error, [URL]);
  expect(clean).toMatchObject({ code: error.code, class: 'auth', message: shown });
  expect(errorText(clean)).toBe(shown);
});

test("the system's word for a cause stays", () => {
  const cause = Object.assign(new Error('connect failed'), { code: 'ECONNREFUSED' });
  const error = new CloudPushError('ERR_CLOUDPUSH_SOCKET_CONNECT', 'it failed', {
    class: 'retryable',
    cause,
  });
  expect(errorText(withoutCredentials(error, [URL]))).toBe('it failed (ECONNREFUSED)');
});
