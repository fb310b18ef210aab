import { describe, expect, test } from 'vitest';
import { modelRuns } from '../base/testing/model-runs.js';
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

  test('agrees with a naive model over 200,000 random acquires and releases', () => {
    const next = seededRandom(20_240_601);
    const pool = new Pool(4 * 1024 * 1024);
    const owners = new Uint8Array(Math.floor(pool.size / GRANULE));
    const live: { block: number; granules: number; tag: number }[] = [];
    let granulesInUse = 0;
    for (let i = 0; i < modelRuns(200_000); i++) {
      if (next() < 0.52) {
        const bytes = Math.floor(next() < 0.1 ? next() * 200_000 : next() * 2000) + 1;
        const tag = 1 + (i % 255);
        const block = pool.acquire(bytes, tag);
        if (block === NO_BLOCK) continue;
        const granules = granulesFor(bytes);
        for (let g = block; g < block + granules; g++) {
          if (owners[g] !== 0) throw new Error(`granule ${g} was handed out twice`);
          owners[g] = tag;
        }
        live.push({ block, granules, tag });
        granulesInUse += granules;
      } else if (live.length > 0) {
        const at = Math.floor(next() * live.length);
        const [entry] = live.splice(at, 1);
        expect(pool.ownerOf(entry!.block)).toBe(entry!.tag);
        owners.fill(0, entry!.block, entry!.block + entry!.granules);
        pool.release(entry!.block);
        granulesInUse -= entry!.granules;
      }
    }
    expect(pool.bytesInUse).toBe(granulesInUse * GRANULE);
    expect(pool.blocksInUse).toBe(live.length);
    const seen = new Set<number>();
    pool.forEachUsed((block) => seen.add(block));
    expect(seen).toEqual(new Set(live.map(({ block }) => block)));
    for (const { block } of live) pool.release(block);
    expect(pool.bytesInUse).toBe(0);
    expect(pool.largestFreeBlock).toBe(pool.size);
  });

  test('wastes little to fragmentation when 64 cameras fill it and each takes its packets back in order', () => {
    const next = seededRandom(3);
    const pool = new Pool(16 * 1024 * 1024);
    const queues: number[][] = Array.from({ length: 64 }, () => []);
    let fullest = 0;
    let refusedAt = 1;
    for (let i = 0; i < 200_000; i++) {
      const queue = queues[Math.floor(next() * queues.length)]!;
      const block = pool.acquire(cameraPacket(i, next()), 0);
      if (block === NO_BLOCK) {
        refusedAt = Math.min(refusedAt, pool.bytesInUse / pool.size);
        // Half of the channels drain, the others stall on.
        for (const draining of queues.slice(0, 32)) for (const old of draining.splice(0)) pool.release(old);
        queues.reverse();
      } else {
        queue.push(block);
        fullest = Math.max(fullest, pool.bytesInUse / pool.size);
      }
    }
    expect(refusedAt).toBeGreaterThan(0.8);
    expect(fullest).toBeGreaterThan(0.95);
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

/** Mostly audio frames and pictures of 10 to 30 KB; now and then a key frame of 80 to 140 KB. */
function cameraPacket(i: number, random: number): number {
  if (i % 50 === 1) return 80_000 + Math.floor(random * 60_000);
  return i % 3 === 0 ? 10_000 + Math.floor(random * 20_000) : 200 + Math.floor(random * 300);
}
