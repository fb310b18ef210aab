import { describe, expect, test } from 'vitest';
import { PacketBlock } from './packet-block.js';

describe('PacketBlock', () => {
  test('returns to the pool when its last holder lets go, and not before', () => {
    const returned: number[] = [];
    const block = new PacketBlock(
      { returnBlock: ({ index }) => returned.push(index), noteSent: () => {} },
      7,
      0,
    );
    block.hold();
    block.hold();
    block.release();
    block.release();
    expect(returned).toEqual([]);
    block.release();
    expect(returned).toEqual([7]);
  });

  test('has been sent when only those hold it that keep it, whoever lets go first', () => {
    const told: string[] = [];
    const owner = { returnBlock: () => told.push('returned'), noteSent: () => told.push('sent') };
    const kept = new PacketBlock(owner, 0, 0);
    const keepers = [kept.keep(), kept.keep()];
    kept.hold();
    kept.release();
    expect(told).toEqual([]);
    kept.release();
    expect(told.splice(0)).toEqual(['sent']);
    for (const keeper of keepers) keeper.release(true);
    expect(told.at(-1)).toBe('returned');
    expect(told.filter((what) => what === 'returned')).toHaveLength(1);
    told.length = 0;
    const sentLater = new PacketBlock(owner, 0, 0);
    sentLater.keep().release(true);
    expect(told).toEqual([]);
    sentLater.release();
    expect(told).toEqual(['returned']);
  });
});
