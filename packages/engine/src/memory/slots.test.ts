import { beforeEach, describe, expect, test } from 'vitest';
import { GRANULE, NO_BLOCK } from './block-layout.js';
import { Pool } from './pool.js';
import { Slots } from './slots.js';

const CHANNELS = 4;
const EACH = 10;

describe('Slots', () => {
  let pool: Pool;
  let slots: Slots;

  beforeEach(() => {
    pool = new Pool(64 * 1024, CHANNELS * EACH);
    slots = new Slots(pool, CHANNELS, EACH);
  });

  test('has a place for each channel although the rest of the pool is full', () => {
    while (pool.acquire(100, 0) !== NO_BLOCK);
    const places = [0, 1, 2, 3].map((channel) => slots.acquire(channel, EACH));
    expect(new Set(places).size).toBe(CHANNELS);
    for (const [i, place] of places.entries()) {
      expect(place).toBe(pool.granules + i * EACH);
      expect(pool.ownerOf(place)).toBe(i);
      expect(pool.sizeOf(place)).toBe(EACH * GRANULE);
    }
    expect((places[3]! + EACH) * GRANULE).toBeLessThanOrEqual(pool.size);
  });

  test('gives a place once, and again when it is free', () => {
    const place = slots.acquire(1, 1);
    expect(slots.fits(1, 1)).toBe(false);
    expect(slots.acquire(1, 1)).toBe(NO_BLOCK);
    expect(slots.release(place, 1)).toBe(true);
    expect(slots.fits(1, EACH)).toBe(true);
    expect(slots.fits(1, EACH + 1)).toBe(false);
    expect(slots.acquire(1, EACH + 1)).toBe(NO_BLOCK);
    expect(slots.acquire(1, EACH)).toBe(place);
  });

  test('counts only places that are in use', () => {
    slots.grow(0, 100);
    expect([pool.blocksInUse, pool.bytesInUse]).toEqual([0, 0]);
    const small = slots.acquire(0, 1);
    const large = slots.acquire(0, EACH + 1);
    expect([pool.blocksInUse, pool.bytesInUse]).toEqual([2, (EACH + 100) * GRANULE]);
    for (const place of [small, large]) slots.release(place, 0);
    expect([pool.blocksInUse, pool.bytesInUse]).toEqual([0, 0]);
  });

  test('a second place grows while it is free, and takes what nearly needs it', () => {
    expect(slots.grow(2, 40)).toBe(40);
    expect(slots.grow(2, 40)).toBe(0);
    expect(slots.grow(2, 60)).toBe(20);
    expect(slots.acquireFitting(2, 30)).toBe(NO_BLOCK);
    expect(slots.acquireFitting(2, 61)).toBe(NO_BLOCK);
    const place = slots.acquireFitting(2, 31);
    expect(place).toBeGreaterThanOrEqual(0);
    expect(slots.acquireFitting(2, 60)).toBe(NO_BLOCK);
    expect(slots.fits(2, 60)).toBe(false);
    expect(slots.grow(2, 80)).toBe(0);
    expect(slots.release(place, 2)).toBe(true);
    expect(slots.fits(2, 60)).toBe(true);
    expect(slots.acquire(2, 60)).toBe(place);
  });

  test('does not grow where the pool has no such piece, and keeps what it has', () => {
    expect(slots.grow(3, 100)).toBe(100);
    expect(slots.grow(3, 100_000)).toBe(0);
    expect(slots.fits(3, 100)).toBe(true);
  });

  test('gives the second place back to the pool when its channel is over', () => {
    slots.grow(0, 100);
    expect(slots.forget(0)).toBe(100);
    expect(slots.forget(0)).toBe(0);
    expect(pool.largestFreeBlock).toBe(pool.granules * GRANULE);
    expect(pool.bytesInUse).toBe(0);
  });

  test('leaves blocks of the pool alone', () => {
    const block = pool.acquire(100, 0);
    expect(slots.release(block, 0)).toBe(false);
    pool.release(block);
  });

  test('refuses to release a place twice', () => {
    const place = slots.acquire(0, 1);
    slots.release(place, 0);
    expect(() => slots.release(place, 0)).toThrow(/released twice/);
  });

  test('visits the first place of a channel while it is in use', () => {
    const seen: number[][] = [];
    const visit = (...args: number[]): void => void seen.push(args);
    slots.visitFirst(1, visit);
    const place = slots.acquire(1, 1);
    slots.visitFirst(1, visit);
    expect(seen).toEqual([[place, 1]]);
  });

  test('a packet that just fits takes the second place', () => {
    slots.grow(2, 60);
    expect(slots.acquireFitting(2, 60)).toBeGreaterThanOrEqual(0);
  });

  test('a second place that grows gives the smaller one back to the pool', () => {
    for (const granules of [40, 60, 80]) slots.grow(2, granules);
    expect(slots.forget(2)).toBe(80);
    expect(pool.largestFreeBlock).toBe(pool.granules * GRANULE);
  });

  test('a block of the pool that stands where a place was given back is the pool’s', () => {
    slots.grow(0, 100);
    slots.forget(0);
    const blocks = Array.from({ length: 20 }, () => pool.acquire(100, 0));
    for (const block of blocks) {
      expect(slots.release(block, 0)).toBe(false);
      pool.release(block);
    }
    expect(pool.bytesInUse).toBe(0);
  });
});
