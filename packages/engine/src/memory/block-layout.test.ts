import { expect, test } from 'vitest';
import { granulesFor, HEADROOM, largestPayload, payloadOffset } from './block-layout.js';

test('a payload lies behind 16 bytes of header and its headroom', () => {
  expect(HEADROOM).toBe(112);
  expect(payloadOffset(5) - HEADROOM).toBe(5 * 64 + 16);
});

test.each([
  [0, 2],
  [1, 3],
  [64, 3],
  [65, 4],
])('%i bytes take %i granules', (bytes, granules) => {
  expect(granulesFor(bytes)).toBe(granules);
});

test('so many granules hold the largest payload that takes them', () => {
  expect(granulesFor(largestPayload(100))).toBe(100);
  expect(granulesFor(largestPayload(100) + 1)).toBe(101);
});
