import { describe, expect, test } from 'vitest';
import { seededRandom } from '../base/testing/seeded-random.js';
import { GRANULE, granulesFor, NO_BLOCK, payloadOffset } from './block-layout.js';
import { MIN_POOL_SIZE, Pool } from './pool.js';

describe('Pool', () => {
  test('is one SharedArrayBuffer of exactly the size asked for', () => {
    const pool = new Pool(1_000_003);
    expect(pool.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(pool.buffer.byteLength).toBe(1_000_003);
  });

  test.each([0, -1, MIN_POOL_SIZE - 1, 1.5, Number.NaN, 2 ** 32])(
    'refuses a size of %s and names it',
    (size) => {
      expect(() => new Pool(size)).toThrow(new RegExp(`pool size ${size} `));
    },
  );

  test('starts every payload on a cache line, behind its headroom', () => {
    const pool = new Pool(MIN_POOL_SIZE);
    for (let i = 0; i < 10; i++) expect(payloadOffset(pool.acquire(100 + i, 0)) % GRANULE).toBe(0);
  });

  test('holds its largest payload when it is empty, and not one byte more than a granule above it', () => {
    const pool = new Pool(1024 * 1024 + 100);
    const block = pool.acquire(pool.maxPayload, 0);
    expect(block).not.toBe(NO_BLOCK);
    pool.release(block);
    expect(pool.acquire(pool.maxPayload + GRANULE + 1, 0)).toBe(NO_BLOCK);
  });

  test('remembers a block and its owner until it is released', () => {
    const pool = new Pool(MIN_POOL_SIZE);
    const block = pool.acquire(1000, 42);
    expect(pool.ownerOf(block)).toBe(42);
    expect(pool.sizeOf(block)).toBe(granulesFor(1000) * GRANULE);
  });

  test('refuses to release a block twice', () => {
    const pool = new Pool(MIN_POOL_SIZE);
    const first = pool.acquire(1000, 0);
    const second = pool.acquire(1000, 0);
    pool.release(first);
    expect(() => pool.release(first)).toThrow(/released twice/);
    pool.release(second);
    expect(() => pool.release(second)).toThrow(/released twice/);
  });

  test('joins released neighbours in whatever order they come back', () => {
    const pool = new Pool(MIN_POOL_SIZE);
    const blocks: number[] = [];
    for (let block = pool.acquire(500, 0); block !== NO_BLOCK; block = pool.acquire(500, 0))
      blocks.push(block);
    expect(blocks.length).toBeGreaterThan(100);
    const next = seededRandom(7);
    blocks.sort(() => next() - 0.5);
    for (const block of blocks) pool.release(block);
    expect(pool.bytesInUse).toBe(0);
    expect(pool.largestFreeBlock).toBe(Math.floor(MIN_POOL_SIZE / GRANULE) * GRANULE);
  });
});

describe('a reserved block', () => {
  function used(pool: Pool): [block: number, owner: number][] {
    const seen: [number, number][] = [];
    pool.forEachUsed((block, owner) => seen.push([block, owner]));
    return seen;
  }

  test('is in use from when it is occupied until it is vacated, as often as it is', () => {
    const pool = new Pool(MIN_POOL_SIZE);
    const other = pool.acquire(100, 1);
    const alone = [pool.blocksInUse, pool.bytesInUse];
    const payload = pool.bytes.subarray(payloadOffset(other), other * GRANULE + pool.sizeOf(other));
    payload.fill(7);
    const block = pool.reserve(10);
    expect(used(pool)).toEqual([[other, 1]]);
    for (const owner of [7, 8]) {
      pool.occupy(block, 10, owner);
      expect(used(pool)).toEqual([
        [other, 1],
        [block, owner],
      ]);
      expect([pool.blocksInUse, pool.bytesInUse]).toEqual([2, alone[1]! + 10 * GRANULE]);
      pool.vacate(block);
      expect(() => pool.vacate(block)).toThrow(/released twice/);
      expect([pool.blocksInUse, pool.bytesInUse]).toEqual(alone);
    }
    pool.unreserve(block);
    expect([pool.blocksInUse, pool.bytesInUse]).toEqual(alone);
    expect(used(pool)).toEqual([[other, 1]]);
    expect(payload.every((byte) => byte === 7)).toBe(true);
    pool.release(other);
    expect([pool.blocksInUse, pool.bytesInUse]).toEqual([0, 0]);
    expect(pool.largestFreeBlock).toBe(pool.size);
  });

  test('is refused where no free piece is large enough, and nothing has changed', () => {
    const pool = new Pool(MIN_POOL_SIZE);
    expect(pool.reserve(pool.granules + 1)).toBe(NO_BLOCK);
    expect(pool.acquireGranules(pool.granules + 1, 0)).toBe(NO_BLOCK);
    expect([pool.blocksInUse, pool.bytesInUse, pool.largestFreeBlock]).toEqual([0, 0, pool.size]);
  });

  test('fits exactly where it would be found', () => {
    const pool = new Pool(MIN_POOL_SIZE);
    expect([pool.fits(pool.granules), pool.fits(pool.granules + 1)]).toEqual([true, false]);
    expect(pool.reserve(pool.granules)).toBe(0);
    expect(pool.fits(3)).toBe(false);
  });
});

test('the largest free piece of a pool is told, whatever is in use around it', () => {
  const pool = new Pool(MIN_POOL_SIZE);
  const [first, , second, , ,] = [500, 3000, 800, 5000, 200].map((bytes) => pool.acquire(bytes, 0));
  while (pool.acquire(1, 0) !== NO_BLOCK);
  expect(pool.largestFreeBlock).toBeLessThan(granulesFor(1) * GRANULE);
  for (const block of [first!, second!]) {
    const size = pool.sizeOf(block);
    pool.release(block);
    expect(pool.largestFreeBlock).toBe(size);
  }
});

test('a pool allots whole granules only', () => {
  const pool = new Pool(MIN_POOL_SIZE + GRANULE - 1);
  expect(pool.largestFreeBlock).toBe(MIN_POOL_SIZE);
});
