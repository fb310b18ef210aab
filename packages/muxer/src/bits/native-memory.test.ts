import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { copyBytes, discard } from './native-memory.js';

describe('copyBytes', () => {
  const memories = [
    ['shared memory', (size: number) => new Uint8Array(new SharedArrayBuffer(size))],
    ['memory of one thread', (size: number) => new Uint8Array(size)],
    ['a Buffer', (size: number) => Buffer.alloc(size)],
  ] as const;

  test.each(memories)('copies any number of bytes from and to any place: to %s', (_, memory) => {
    for (const size of [0, 1, 2, 255, 256, 257, 1000, 20_000]) {
      for (const from of [0, 1, 7]) {
        const source = randomBytes(from + size).subarray(from);
        for (const to of [0, 3, 8]) {
          const target = memory(to + size + 5).fill(0xa5);
          copyBytes(source, target, to);
          const around = Buffer.alloc(to + size + 5, 0xa5);
          around.set(source, to);
          expect(Buffer.compare(target, around)).toBe(0);
        }
      }
    }
  });

  test('takes bytes that are in shared memory themselves', () => {
    const shared = new Uint8Array(new SharedArrayBuffer(5000)).fill(7);
    const target = new Uint8Array(5000);
    copyBytes(shared, target, 0);
    expect(target).toEqual(new Uint8Array(5000).fill(7));
  });

  test.each([10, 300])('refuses %d bytes where there is no room for them', (size) => {
    expect(() => copyBytes(new Uint8Array(size), new Uint8Array(size), 1)).toThrow(RangeError);
  });
});

describe('discard', () => {
  test('gives the memory of large buffers back, and leaves small ones', () => {
    const large = new Uint8Array(100_000);
    const part = new Uint8Array(new ArrayBuffer(100_000), 10, 50_000);
    const small = new Uint8Array(100);
    for (const bytes of [large, part, small]) discard(bytes);
    expect([large.buffer.byteLength, part.buffer.byteLength, small.byteLength]).toEqual([0, 0, 100]);
    discard(large);
  });

  test('takes any number of buffers in one turn, and keeps none of their memory', () => {
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 200; i++) discard(new Uint8Array(1_000_000));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(50_000_000);
  });
});
