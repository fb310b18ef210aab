import { describe, expect, test } from 'vitest';
import { PacketBlock } from './packet-block.js';

describe('PacketBlock', () => {
  test('returns to the pool when its last holder lets go, and not before', () => {
    const returned: number[] = [];
    const block = new PacketBlock({ returnBlock: ({ index }) => returned.push(index) }, 7, 0);
    block.hold();
    block.hold();
    block.release();
    block.release();
    expect(returned).toEqual([]);
    block.release();
    expect(returned).toEqual([7]);
  });
});
