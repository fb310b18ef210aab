import { afterEach, expect, test, vi } from 'vitest';
import { Fence } from './fence.js';

afterEach(() => void vi.restoreAllMocks());

test('a new fence is closed: nothing may be written, and nothing connected', () => {
  const fence = new Fence();
  expect(fence.isPast).toBe(true);
  expect(fence.permitsConnecting(0)).toBe(false);
});

test('it is past from its time on, and lets only those connect who can be done before theirs', () => {
  const fence = new Fence();
  const now = fence.now();
  fence.extend({ fencedFrom: now + 60_000, connectsUntil: now + 30_000 });
  expect(fence.isPast).toBe(false);
  expect(fence.permitsConnecting(20_000)).toBe(true);
  expect(fence.permitsConnecting(40_000)).toBe(false);
  fence.extend({ fencedFrom: now });
  expect(fence.isPast).toBe(true);
  fence.extend({ fencedFrom: Number.POSITIVE_INFINITY, connectsUntil: 0 });
  expect(fence.isPast).toBe(false);
  expect(fence.permitsConnecting(0)).toBe(false);
  fence.close();
  expect(fence.isPast).toBe(true);
});

test('a limit that is no time is refused, and the limits stay', () => {
  const fence = new Fence();
  fence.extend({ fencedFrom: 5, connectsUntil: 4 });
  for (const bad of [Number.NaN, '6', undefined, null]) {
    expect(() => fence.extend({ fencedFrom: bad as number })).toThrow('fencedFrom is');
    if (bad !== undefined)
      expect(() => fence.extend({ fencedFrom: 9, connectsUntil: bad as number })).toThrow('connectsUntil is');
  }
  expect(fence.limits).toEqual({ fencedFrom: 5, connectsUntil: 4 });
});

test('what one thread sets all others read', () => {
  const fence = new Fence();
  const other = new Fence(fence.buffer);
  fence.extend({ fencedFrom: fence.now() + 60_000 });
  expect(other.isPast).toBe(false);
  expect(other.limits).toEqual(fence.limits);
  fence.close();
  expect(other.isPast).toBe(true);
});

test('the clock of the wall may step either way', () => {
  const fence = new Fence();
  fence.extend({ fencedFrom: fence.now() + 60_000 });
  for (const step of [-86_400_000, 86_400_000, 0]) {
    const wall = Date.now() + step;
    vi.spyOn(Date, 'now').mockReturnValue(wall);
    expect(fence.isPast).toBe(false);
    vi.restoreAllMocks();
  }
});
