import { expect, test } from 'vitest';
import { MediaMemory } from './media-memory.js';

test('what a dead thread had not read yet, keys perhaps, is overwritten when it comes back', () => {
  const memory = new MediaMemory(65_536, 2);
  const key = Buffer.from('a key in a record');
  for (const channel of [0, 1]) memory.store(channel, key);
  expect(memory.reclaimFrom(new Set([0, 1]))).toEqual(
    new Map([
      [0, 1],
      [1, 1],
    ]),
  );
  expect(Buffer.from(memory.pool.bytes).includes(key)).toBe(false);
  expect(memory.pool.bytesInUse).toBe(0);
});
