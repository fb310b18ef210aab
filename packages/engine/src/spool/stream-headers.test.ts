import { expect, test } from 'vitest';
import { areSameHeaders, copiedHeader } from './stream-headers.js';
import { HEADERS, SOUND_HEADERS } from './testing/tags.js';

test('headers are the same by their bytes, however many parts those come in', () => {
  const [metadata, ...rest] = HEADERS.map(copiedHeader);
  const half = metadata!.size >> 1;
  const [body] = metadata!.parts;
  const parts = [body!.subarray(0, half), body!.subarray(half)];
  const again = [{ ...metadata!, parts }, ...rest].map(copiedHeader);
  expect(areSameHeaders(again, [metadata!, ...rest])).toBe(true);
  const other = Buffer.from(body!);
  other[half]! ^= 1;
  expect(areSameHeaders([{ ...metadata!, parts: [other] }, ...rest], [metadata!, ...rest])).toBe(false);
  expect(areSameHeaders([{ ...metadata!, type: 8 }, ...rest], [metadata!, ...rest])).toBe(false);
  expect(areSameHeaders(SOUND_HEADERS.map(copiedHeader), [metadata!, ...rest])).toBe(false);
});
