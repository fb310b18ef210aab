import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { queryValues, redact, withForms } from '../../redaction/known-secrets.js';
import { attempt, attemptOptions } from '../../testing/attempt.js';
import { nextAttempt } from './attempt.js';
import { failureOf, statusOf } from './status.js';

const NONCE = '01234567';

describe('status', () => {
  test('is found wherever a server puts it', () => {
    const info = { level: 'error', code: 'a', description: 'd' };
    expect(statusOf([null, info])).toEqual({ ...info, info });
    expect(statusOf([info, {}])).toMatchObject({ code: 'a' });
    expect(statusOf([null, 'in words'])).toMatchObject({ code: '', description: 'in words' });
    expect(statusOf([])).toMatchObject({ level: '', code: '' });
  });

  test('is shown without queries and user info', () => {
    const text = 'see rtmp://me:p@ss/w@h/live/a?token=x&b=c now';
    expect(redact(text, [])).toBe('see rtmp://…@h/live/a?… now');
  });

  test('is shown without the secrets that are known, in any form', () => {
    const secrets = [
      ...withForms(['a b/c', undefined, '']),
      ...queryValues(['cam?sign=s3cr%2Fet&v=1', 'x', 5]),
    ];
    expect(redact('a b/c a%20b%2Fc s3cr%2Fet s3cr/et v 1', secrets)).toBe('… … … … v 1');
  });

  test('keeps a challenge whole for the answer, and out of the error', () => {
    const description = '[ authmod=adobe ] : ?reason=needauth&user=me&salt=AbCd&challenge=XyZ0&opaque=XyZ0';
    const status = { level: 'error', code: 'NetConnection.Connect.Rejected', description, info: undefined };
    const error = failureOf(status, 'connect', []);
    expect(inspect(error, { depth: 20, showHidden: true })).not.toMatch(/AbCd|XyZ0/);
    const credentials = { user: 'me', password: 'secret' };
    expect(nextAttempt(attempt, error, { ...attemptOptions, credentials }, NONCE)).toMatchObject({
      authQuery: expect.stringContaining('opaque=XyZ0'),
    });
  });
});
