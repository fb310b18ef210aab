import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { RtmpError, RtmpErrorCode } from './errors.js';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

describe('error codes', () => {
  test.each(Object.values(RtmpErrorCode))('%s is documented, with the class that it has', (code) => {
    const rows = readme.split('\n').map((line) => line.split('|').map((cell) => cell.trim()));
    const row = rows.find((cells) => cells[1] === `\`${code}\``);
    const classes = row?.[2]?.split(', ');
    expect(classes).toContain(new RtmpError(code, 'message', '').class);
  });

  test('no code is documented that does not exist', () => {
    const documented = readme.match(/ERR_CLOUDPUSH_\w+/g) ?? [];
    expect(documented.filter((code) => !Object.values<string>(RtmpErrorCode).includes(code))).toEqual([]);
  });
});

describe('RtmpError', () => {
  test('keeps code, stage, details and cause', () => {
    const cause = new Error('below');
    const error = new RtmpError('ERR_CLOUDPUSH_SOCKET', 'publishing', 'broke', {
      cause,
      details: { actual: 1 },
    });
    expect(error).toMatchObject({
      name: 'RtmpError',
      code: 'ERR_CLOUDPUSH_SOCKET',
      stage: 'publishing',
      cause,
    });
    expect(error).toMatchObject({ class: 'retryable', details: { actual: 1 }, message: 'broke' });
    expect(new RtmpError('ERR_CLOUDPUSH_SOCKET', 'socket', '')).not.toHaveProperty('cause');
  });

  test('takes another class than its code has, where the cause says so', () => {
    expect(new RtmpError('ERR_CLOUDPUSH_TLS', 'tls', '', { class: 'retryable' }).class).toBe('retryable');
  });
});
