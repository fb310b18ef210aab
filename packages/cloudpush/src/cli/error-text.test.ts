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
