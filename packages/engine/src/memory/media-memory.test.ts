import { expect, test } from 'vitest';
import { NO_BLOCK } from './block-layout.js';
import { MediaMemory } from './media-memory.js';

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
