import { expect, test } from 'vitest';
import { GRANULE, NO_BLOCK } from '../../memory/block-layout.js';
import { PacketBlock } from '../channel/packet-block.js';
import { SlabArena } from './slab-arena.js';

/** An arena, and a pool's thread that answers when it is told to: slabs are numbered from `at` on. */
function bench(least = 4096, most = 100_000) {
  const asked: { readonly bytes: number; readonly largest: number }[] = [];
  const returned: number[] = [];
  const released: number[] = [];
  let rooms = 0;
  const arena: SlabArena = new SlabArena(
    {
      askForSlab: (bytes, largest) => void asked.push({ bytes, largest }),
      returnSlab: (block) => void returned.push(block),
      onReleased: (block) => void released.push(block.index),
      onRoom: () => void rooms++,
    },
    least,
    most,
  );
  const grant = (block: number): void => arena.onSlab(block, asked.at(-1)!.bytes);
  const packet = (bytes: number): PacketBlock => new PacketBlock(arena, arena.reserve(bytes), 0);
  return { arena, asked, returned, released, grant, packet, rooms: () => rooms };
}

test('asks for a slab once, and tells when there is room', () => {
  const { arena, asked, grant, rooms } = bench();
  expect([arena.reserve(1000), arena.reserve(1000)]).toEqual([NO_BLOCK, NO_BLOCK]);
  expect(asked).toHaveLength(1);
  expect(arena.isFull).toBe(true);
  grant(100);
  expect([rooms(), arena.isFull]).toEqual([1, false]);
  expect(arena.reserve(1000)).toBe(100);
});

test('fills the same slab again and again while its packets are released', () => {
  const { arena, asked, grant, packet, returned } = bench();
  arena.reserve(1000);
  grant(100);
  for (let i = 0; i < 1000; i++) {
    const [first, second] = [packet(1000), packet(300)];
    expect([first.index, second.index]).toEqual([100, 118]);
    second.release();
    first.release();
  }
  expect([asked.length, returned.length, arena.slabs]).toEqual([1, 0, 1]);
});

test('takes another slab when the server lags behind, and gives each back with its last packet', () => {
  const { arena, asked, grant, packet, returned } = bench();
  arena.reserve(1500);
  grant(100);
  const first = [packet(1500), packet(1500)];
  expect(arena.reserve(1500)).toBe(NO_BLOCK);
  grant(1000);
  const second = packet(1500);
  expect(second.index).toBe(1000);
  first[1]!.release();
  expect(returned).toEqual([]);
  first[0]!.release();
  expect(returned).toEqual([100]);
  expect(asked).toHaveLength(2);
  second.release();
  arena.close();
  expect(returned).toEqual([100, 1000]);
});

test('a packet that is larger than its slab gets one an eighth larger than itself', () => {
  const { arena, asked, grant, returned } = bench();
  arena.reserve(1000);
  grant(100);
  expect(arena.reserve(50_000)).toBe(NO_BLOCK);
  expect(returned).toEqual([100]);
  expect(asked[1]!.bytes).toBeGreaterThan(56_000);
  expect(asked[1]!.bytes).toBeLessThan(57_000);
  grant(1000);
  expect(arena.reserve(50_000)).toBe(1000);
});

test('a packet of unknown size has what is left of the slab, and takes what it needs', () => {
  const { arena, grant, packet } = bench();
  arena.prepare(4000);
  grant(100);
  const block = arena.open();
  expect(block).toBe(100);
  expect(arena.roomOf(block)).toBeGreaterThanOrEqual(4000 - 2 * GRANULE);
  arena.finish(block, 640);
  expect(packet(100).index).toBe(112);
  const given = arena.open();
  arena.cancel(given);
  expect(arena.open()).toBe(given);
});

test('what is not needed goes back, and what comes after the end at once', () => {
  const { arena, asked, grant, returned } = bench();
  arena.reserve(1000);
  grant(100);
  arena.trim();
  expect(returned).toEqual([100]);
  expect(arena.reserve(1000)).toBe(NO_BLOCK);
  expect(asked).toHaveLength(2);
  arena.close();
  grant(200);
  expect(returned).toEqual([100, 200]);
  expect(arena.slabs).toBe(0);
});
