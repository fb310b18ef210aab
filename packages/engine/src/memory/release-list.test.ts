import { describe, expect, test, vi } from 'vitest';
import { NO_BLOCK } from './block-layout.js';
import { Pool } from './pool.js';
import { newReleaseHead, ReleaseList } from './release-list.js';

function drain(list: ReleaseList): number[] {
  const blocks: number[] = [];
  for (let block = list.takeAll(); block !== NO_BLOCK; block = list.next(block)) blocks.push(block);
  return blocks;
}

describe('ReleaseList', () => {
  test('is empty at first', () => {
    const pool = new Pool(65_536);
    expect(drain(new ReleaseList(pool.buffer, newReleaseHead()))).toEqual([]);
  });

  test('gives every block back once, from any of its ends', () => {
    const pool = new Pool(65_536);
    const head = newReleaseHead();
    const owner = new ReleaseList(pool.buffer, head);
    const shards = [new ReleaseList(pool.buffer, head), new ReleaseList(pool.buffer, head)];
    const blocks = Array.from({ length: 20 }, () => pool.acquire(100, 0));
    for (const [i, block] of blocks.entries()) {
      shards[i % 2]!.add(block);
      if (i % 5 === 0) shards[i % 2]!.publish();
    }
    for (const shard of shards) shard.publish();
    expect(drain(owner).sort((a, b) => a - b)).toEqual(blocks);
    expect(drain(owner)).toEqual([]);
  });

  test('keeps what was added until it is published', () => {
    const pool = new Pool(65_536);
    const list = new ReleaseList(pool.buffer, newReleaseHead());
    const blocks = Array.from({ length: 3 }, () => pool.acquire(100, 0));
    for (const block of blocks) list.add(block);
    expect(drain(list)).toEqual([]);
    expect(list.publish()).toBe(true);
    expect(list.publish()).toBe(false);
    expect(drain(list)).toEqual(blocks.reverse());
  });

  test('leaves the payload of a returned block alone', () => {
    const pool = new Pool(65_536);
    const list = new ReleaseList(pool.buffer, newReleaseHead());
    const block = pool.acquire(64, 5);
    pool.bytes.fill(0xab, (block + 1) * 64, (block + 2) * 64);
    list.add(block);
    list.publish();
    expect([...pool.bytes.subarray((block + 1) * 64, (block + 2) * 64)]).toEqual(new Array(64).fill(0xab));
    expect(pool.ownerOf(block)).toBe(5);
  });

  test('loses no block when another thread hands some back at the same moment', () => {
    const pool = new Pool(65_536);
    const head = newReleaseHead();
    const lists = [new ReleaseList(pool.buffer, head), new ReleaseList(pool.buffer, head)] as const;
    const blocks = Array.from({ length: 4 }, () => pool.acquire(100, 0));
    for (const [i, block] of blocks.entries()) lists[i % 2 ? 1 : 0].add(block);
    const exchange = vi.spyOn(Atomics, 'compareExchange').mockImplementationOnce(((): number => {
      exchange.mockRestore();
      lists[1].publish();
      return Atomics.load(head, 0);
    }) as never);
    lists[0].publish();
    expect(drain(lists[0]).sort((a, b) => a - b)).toEqual(blocks);
  });
});
