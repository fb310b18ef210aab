import { CloudPushError } from '@cloudpush/engine';
import { expect, test } from 'vitest';
import { errorText } from './error-text.js';

test('a request that fails is told with its reason', async () => {
  const refused = new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED 127.0.0.1:1') });
  expect(errorText(refused)).toBe('connect ECONNREFUSED 127.0.0.1:1');
  const severalAddresses = Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' });
  expect(errorText(new TypeError('fetch failed', { cause: severalAddresses }))).toBe('ECONNREFUSED');
});

test('what is no failure of a request keeps its message, and the word of the system behind it', () => {
  expect(errorText(new TypeError('no function'))).toBe('internal error: no function');
});

test('a lack of descriptors is told with the limit of open files, and what to do', () => {
  const cause = Object.assign(new Error('too many open files'), { code: 'EMFILE' });
  const advice =
    /; this process may open no more than \d+ files and connections at a time: raise the limit \(ulimit -n\)$/;
  expect(errorText(new CloudPushError('ERR_CLOUDPUSH_CLOSE_TIMEOUT', 'it failed', { cause }))).toMatch(
    advice,
  );
  const raw = errorText(
    Object.assign(new Error('EMFILE: too many open files, open x.js'), { code: 'EMFILE' }),
  );
  expect(raw).toMatch(/^EMFILE: too many open files, open x\.js; this process/);
  expect(raw).toMatch(advice);
});
