import { describe, expect, test, vi } from 'vitest';
import { NO_BLOCK } from './block-layout.js';
import { MediaMemory } from './media-memory.js';
import { PoolDebug } from './pool-debug.js';
import { ReleaseList } from './release-list.js';

const KIB = 1024;
const MIB = 1024 * KIB;
const media = new Uint8Array(4 * MIB);

function store(memory: MediaMemory, channel: number, bytes: number): number {
  return memory.store(channel, media.subarray(0, bytes));
}

/** Takes packets until one is refused. */
function fill(memory: MediaMemory, channel: number, bytes: number): number[] {
  const blocks: number[] = [];
  for (let block = store(memory, channel, bytes); block !== NO_BLOCK; block = store(memory, channel, bytes))
    blocks.push(block);
  return blocks;
}

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

test('what a dead thread held in the places of its channels comes back, and no other', () => {
  const memory = new MediaMemory(MIB, 4);
  for (const channel of [0, 1]) {
    store(memory, channel, 100 * KIB);
    fill(memory, channel, 10 * KIB);
  }
  const kept = memory.heldBy(1);
  const counts = memory.reclaimFrom(new Set([0]));
  expect(counts.size).toBe(1);
  expect(memory.heldBy(0)).toBe(0);
  expect(memory.heldBy(1)).toBe(kept);
  expect(memory.pool.bytesInUse).toBe(kept);
  expect(memory.reclaimFrom(new Set([1])).get(1)).toBeGreaterThan(0);
  expect(memory.pool.bytesInUse).toBe(0);
  for (const channel of [0, 1]) memory.forget(channel);
  expect(memory.pool.largestFreeBlock).toBe(memory.pool.granules * 64);
});

test('an idle pool takes a packet as large as it says it could, and none that is larger', () => {
  const memory = new MediaMemory(MIB, 4);
  expect(memory.maxPacket).toBeGreaterThan(0.7 * MIB);
  expect(store(memory, 0, memory.maxPacket + 64)).toBe(NO_BLOCK);
  expect(store(memory, 0, memory.maxPacket)).not.toBe(NO_BLOCK);
});

test('a channel that holds nothing gets its key frame though what all share is full, or in pieces', () => {
  const memory = new MediaMemory(4 * MIB, 4);
  for (const bytes of [250 * KIB, 400 * KIB]) memory.drop(store(memory, 0, bytes));
  while (memory.pool.acquire(1000, 1) !== NO_BLOCK);
  for (const bytes of [250 * KIB, 400 * KIB, 300]) {
    expect(memory.hasRoomFor(0, bytes)).toBe(true);
    const block = store(memory, 0, bytes);
    expect(block).not.toBe(NO_BLOCK);
    expect(memory.heldBy(0)).toBe(memory.pool.sizeOf(block));
    memory.drop(block);
    expect(memory.heldBy(0)).toBe(0);
  }
  expect(memory.hasRoomFor(0, 600 * KIB)).toBe(false);
});

test('a place that a channel has reserved for its key frames is free again for others when it is over', () => {
  const memory = new MediaMemory(MIB, 16);
  const before = fill(memory, 1, KIB);
  for (const block of before) memory.drop(block);
  for (let i = 0; i < 50; i++) {
    memory.drop(store(memory, 0, 50 * KIB + i * 100));
    memory.forget(0);
  }
  expect(memory.pool.bytesInUse).toBe(0);
  expect(fill(memory, 1, KIB)).toHaveLength(before.length);
});

test('says that a channel is tight before it is refused', () => {
  const memory = new MediaMemory(MIB, 4);
  expect(memory.isTight(0)).toBe(false);
  let taken = 0;
  for (; !memory.isTight(0); taken++) store(memory, 0, 10 * KIB);
  const more = fill(memory, 0, 10 * KIB).length;
  expect(taken).toBeGreaterThan(10);
  expect(more).toBeGreaterThan(taken / 2);
});

/** Releases as a shard does; the caller has yet to take the blocks back. */
function release(memory: MediaMemory, ...blocks: number[]): void {
  const list = new ReleaseList(memory.pool.buffer, memory.releaseHead);
  for (const block of blocks) list.add(block);
  list.publish();
}

test('what shards have released is taken back once, and it is said whether there was anything', () => {
  const memory = new MediaMemory(MIB, 4);
  expect(memory.reclaim()).toBe(false);
  const blocks = [store(memory, 0, 100), store(memory, 1, 300)];
  release(memory, ...blocks);
  expect(memory.reclaim()).toBe(true);
  expect([memory.heldBy(0), memory.heldBy(1), memory.pool.bytesInUse]).toEqual([0, 0, 0]);
  expect(memory.reclaim()).toBe(false);
});

test('a packet is had as soon as what it needs has been released', () => {
  const memory = new MediaMemory(MIB, 1);
  const blocks = fill(memory, 0, 50 * KIB);
  release(memory, ...blocks);
  expect(store(memory, 0, 50 * KIB)).not.toBe(NO_BLOCK);
  expect(memory.heldBy(0)).toBeLessThan(60 * KIB);
});

test('what a shard had released before it died is not lost with it', () => {
  const memory = new MediaMemory(MIB, 4);
  const [first] = [store(memory, 0, 100), store(memory, 0, 100)];
  release(memory, first!);
  expect(memory.reclaimFrom(new Set([0])).get(0)).toBe(1);
});

test('a channel that is over holds nothing of what a shard has released, and its claim is gone', () => {
  const memory = new MediaMemory(MIB, 16);
  release(memory, store(memory, 0, 50 * KIB));
  memory.forget(0);
  expect(memory.heldBy(0)).toBe(0);
  // The next owner of the number has shown no large packet.
  store(memory, 0, 100);
  expect(memory.isOwed(0, 50 * KIB)).toBe(false);
});

describe('a slab', () => {
  test('is at least as large as was asked for, is held by its channel, and comes back as a packet does', () => {
    const memory = new MediaMemory(MIB, 4);
    const slab = memory.lease(0, 10_000, 500);
    expect(memory.slabSize(slab)).toBeGreaterThanOrEqual(10_000);
    expect(memory.slabSize(slab)).toBeLessThan(10_000 + 64);
    expect(memory.heldBy(0)).toBe(memory.slabSize(slab));
    release(memory, slab);
    memory.reclaim();
    expect(memory.heldBy(0)).toBe(0);
  });

  test('lets the claim of its channel grow with the largest packet', () => {
    const memory = new MediaMemory(MIB, 4);
    for (const channel of [0, 1]) memory.lease(channel, 1000, channel === 0 ? 500 : 100 * KIB);
    expect([0, 1].map((channel) => memory.isOwed(channel, 50 * KIB))).toEqual([false, true]);
  });

  test('is had as soon as what it needs has been released', () => {
    const memory = new MediaMemory(MIB, 1);
    const blocks = fill(memory, 0, 50 * KIB);
    expect(memory.lease(0, 50 * KIB, 500)).toBe(NO_BLOCK);
    release(memory, ...blocks);
    expect(memory.lease(0, 50 * KIB, 500)).not.toBe(NO_BLOCK);
  });

  test('is watched over when it is given, and not when it is refused', () => {
    const debug = new PoolDebug(MIB);
    const onStore = vi.spyOn(debug, 'onStore');
    const memory = new MediaMemory(MIB, 1, debug);
    const slab = memory.lease(0, 1000, 500);
    expect(onStore.mock.calls).toEqual([[slab, 0, 1000]]);
    expect(memory.lease(0, 2 * MIB, 500)).toBe(NO_BLOCK);
    expect(onStore).toHaveBeenCalledOnce();
  });
});

test('there is no room for a channel that has taken its share, though the pool has some', () => {
  const memory = new MediaMemory(MIB, 4);
  for (const channel of [1, 2, 3]) memory.drop(store(memory, channel, 50 * KIB));
  fill(memory, 0, 10 * KIB);
  expect(memory.pool.largestFreeBlock).toBeGreaterThan(20 * KIB);
  expect(memory.hasRoomFor(0, 10 * KIB)).toBe(false);
  expect(memory.hasRoomFor(1, 10 * KIB)).toBe(true);
});

describe('the size of a pool that would do', () => {
  test('is told to a channel whose packets are more than what it is sure to get', () => {
    const memory = new MediaMemory(MIB, 40);
    expect(store(memory, 0, 400 * KIB)).not.toBe(NO_BLOCK);
    expect(store(memory, 0, 400 * KIB)).toBe(NO_BLOCK);
    expect(memory.sizeThatWouldDo(0, 400 * KIB)).toBeGreaterThan(MIB);
  });

  test('is not told to one that has but to wait for its own queue', () => {
    const memory = new MediaMemory(MIB, 4);
    fill(memory, 0, 10 * KIB);
    expect(memory.sizeThatWouldDo(0, 10 * KIB)).toBeUndefined();
  });

  test('is twice as much where this one would do, but others have taken it before', () => {
    const memory = new MediaMemory(MIB, 4);
    expect(memory.sizeThatWouldDo(1, 100)).toBe(2 * MIB);
  });
});

describe('a place for large packets', () => {
  /** As long as it holds something, it is owed its claim, less what the place takes of it. */
  function hasPlace(memory: MediaMemory): boolean {
    expect(memory.heldBy(0)).toBeGreaterThan(0);
    expect(memory.isOwed(0, 20 * KIB)).toBe(true);
    return !memory.isOwed(0, 60 * KIB);
  }

  test('is counted as taken from the claim', () => {
    const memory = new MediaMemory(MIB, 16);
    store(memory, 0, 50 * KIB);
    expect(hasPlace(memory)).toBe(true);
  });

  test('is made later when there was no such piece at first', () => {
    const memory = new MediaMemory(MIB, 16);
    const blocks: number[] = [];
    for (let block = memory.pool.acquire(1000, 1); block !== NO_BLOCK; block = memory.pool.acquire(1000, 1))
      blocks.push(block);
    expect(store(memory, 0, 50 * KIB)).toBe(NO_BLOCK);
    for (const block of blocks) memory.pool.release(block);
    store(memory, 0, 100);
    expect(hasPlace(memory)).toBe(true);
  });
});

test('a pool that has no place for each of very many channels serves them all the same', () => {
  const memory = new MediaMemory(65_536, 10_000);
  const block = store(memory, 9999, 100);
  expect(block).not.toBe(NO_BLOCK);
  memory.drop(block);
  expect(memory.pool.bytesInUse).toBe(0);
});
