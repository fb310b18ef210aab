import { expect, test } from 'vitest';
import { modelRuns } from '../base/testing/model-runs.js';
import { seededRandom } from '../base/testing/seeded-random.js';
import { GRANULE, granulesFor, NO_BLOCK } from './block-layout.js';
import { Pool } from './pool.js';

test('a pool agrees with a naive model over 200,000 random acquires and releases', () => {
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
      if (pool.ownerOf(entry!.block) !== entry!.tag)
        throw new Error(`block ${entry!.block} has another owner`);
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

test('a pool wastes little to fragmentation when 64 cameras fill it and each takes its packets back in order', () => {
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

/** Mostly audio frames and pictures of 10 to 30 KB; now and then a key frame of 80 to 140 KB. */
function cameraPacket(i: number, random: number): number {
  if (i % 50 === 1) return 80_000 + Math.floor(random * 60_000);
  return i % 3 === 0 ? 10_000 + Math.floor(random * 20_000) : 200 + Math.floor(random * 300);
}
