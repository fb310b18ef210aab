import { expect, test } from 'vitest';
import { HeldPicture } from './held-picture.js';
import { PacketBlock } from './packet-block.js';

test('the blocks of a picture that waits come back together, when the last holder lets go', () => {
  const returned: number[] = [];
  const block = (index: number): PacketBlock =>
    new PacketBlock({ returnBlock: (one) => void returned.push(one.index) }, index, 0);
  const held = new HeldPicture();
  const packets = [block(0), block(1)] as const;
  expect([held.isEmpty, held.number, held.take()]).toEqual([true, 0, undefined]);
  held.begin(packets[0], 7);
  held.bring(packets[1]);
  expect([held.isEmpty, held.number]).toEqual([false, 7]);
  for (const packet of packets) packet.release();
  expect(returned).toEqual([]);
  const taken = held.take();
  expect([taken, held.isEmpty, held.number]).toEqual([packets[0], true, 0]);
  taken!.release();
  expect(returned).toEqual([0, 1]);
});
