import { describe, expect, test } from 'vitest';
import { payloadOffset } from './block-layout.js';
import { MediaMemory } from './media-memory.js';
import { BlockStates, POISON, PoolDebug } from './pool-debug.js';

const SIZE = 65_536;

function debugged(): { memory: MediaMemory; debug: PoolDebug } {
  const debug = new PoolDebug(SIZE);
  return { memory: new MediaMemory(SIZE, 4, debug), debug };
}

describe('PoolDebug', () => {
  test('tells which blocks are in use, of which channel and how large, and complains of them at the end', () => {
    const { memory, debug } = debugged();
    const first = memory.store(2, new Uint8Array(100));
    memory.store(3, new Uint8Array(200));
    memory.drop(first);
    const inUse = [{ channel: 3, bytes: 200, age: expect.any(Number) }];
    expect(debug.inUse).toEqual(inUse);
    expect(() => debug.requireClean()).toThrow(
      expect.objectContaining({ code: 'ERR_CLOUDPUSH_INTERNAL', details: { inUse, releasedTwice: [] } }),
    );
  });

  test('is content when everything came back', () => {
    const { memory, debug } = debugged();
    memory.drop(memory.store(0, new Uint8Array(100)));
    expect(() => debug.requireClean()).not.toThrow();
  });

  test('poisons what was released, and nothing beside it', () => {
    const { memory } = debugged();
    const before = memory.store(0, new Uint8Array(64).fill(1));
    const block = memory.store(0, new Uint8Array(100).fill(2));
    const after = memory.store(0, new Uint8Array(64).fill(3));
    memory.drop(block);
    const payload = (of: number, bytes: number): number[] => [
      ...new Set(memory.pool.bytes.subarray(payloadOffset(of), payloadOffset(of) + bytes)),
    ];
    expect([payload(before, 64), payload(block, 100), payload(after, 64)]).toEqual([[1], [POISON], [3]]);
  });

  test('notices, in any thread, that a block comes back twice', () => {
    const { memory, debug } = debugged();
    const block = memory.store(0, new Uint8Array(100));
    const elsewhere = new BlockStates(debug.states.memory);
    expect(elsewhere.markReturned(block)).toBe(true);
    expect(elsewhere.markReturned(block)).toBe(false);
    memory.drop(block);
    expect(elsewhere.markReturned(block)).toBe(false);
    debug.onFault('Error: here');
    expect(() => debug.requireClean()).toThrow(/0 blocks still in use, 1 released twice/);
  });
});
