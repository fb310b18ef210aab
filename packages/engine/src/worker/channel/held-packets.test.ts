import { beforeEach, expect, test } from 'vitest';
import { FakeClock } from '../../base/testing/fake-clock.js';
import { Command } from '../../memory/ring.js';
import { HeldPackets } from './held-packets.js';
import { PacketBlock } from './packet-block.js';

let clock = new FakeClock();

beforeEach(() => {
  clock = new FakeClock();
});

function add(heldPackets: HeldPackets, index: number, bytes: number): void {
  const packet = {
    command: Command.video,
    codec: 1,
    flags: 0,
    bytes,
    dts: index,
    pts: index,
    configuration: undefined,
  };
  heldPackets.add(packet, new PacketBlock({ returnBlock: () => {} }, index, 0));
}

test('knows what it keeps back in bytes, and in the time between the oldest packet and the newest', () => {
  const heldPackets = new HeldPackets(clock);
  expect([heldPackets.isEmpty, heldPackets.bytes, heldPackets.ms]).toEqual([true, 0, 0]);
  add(heldPackets, 0, 100);
  expect([heldPackets.isEmpty, heldPackets.bytes, heldPackets.ms]).toEqual([false, 100, 0]);
  for (let i = 1; i < 4; i++) {
    clock.pass(40);
    add(heldPackets, i, 100);
  }
  expect([heldPackets.isEmpty, heldPackets.bytes, heldPackets.ms]).toEqual([false, 400, 120]);
});

test('gives up every packet once, in the order in which they came', () => {
  const heldPackets = new HeldPackets(clock);
  for (let i = 0; i < 3; i++) add(heldPackets, i, 100);
  expect(heldPackets.takeAll().map(({ block, dts }) => [block.index, dts])).toEqual([
    [0, 0],
    [1, 1],
    [2, 2],
  ]);
  expect([heldPackets.isEmpty, heldPackets.bytes, heldPackets.ms, heldPackets.takeAll()]).toEqual([
    true,
    0,
    0,
    [],
  ]);
});
