import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Command } from '../../memory/ring.js';
import { CodecHold } from './held-packets.js';
import { PacketBlock } from './packet-block.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function add(hold: CodecHold, index: number, bytes: number): void {
  const packet = { command: Command.video, codec: 1, flags: 0, bytes, dts: index, pts: index };
  hold.add(packet, new PacketBlock({ returnBlock: () => {} }, index, 0));
}

test('knows what it keeps back in bytes, and in the time between the oldest packet and the newest', () => {
  const hold = new CodecHold();
  expect([hold.isEmpty, hold.bytes, hold.ms]).toEqual([true, 0, 0]);
  add(hold, 0, 100);
  expect([hold.isEmpty, hold.bytes, hold.ms]).toEqual([false, 100, 0]);
  for (let i = 1; i < 4; i++) {
    vi.advanceTimersByTime(40);
    add(hold, i, 100);
  }
  expect([hold.isEmpty, hold.bytes, Math.round(hold.ms)]).toEqual([false, 400, 120]);
});

test('gives up every packet once, in the order in which they came', () => {
  const hold = new CodecHold();
  for (let i = 0; i < 3; i++) add(hold, i, 100);
  expect(hold.takeAll().map(({ block, dts }) => [block.index, dts])).toEqual([
    [0, 0],
    [1, 1],
    [2, 2],
  ]);
  expect([hold.isEmpty, hold.bytes, hold.ms, hold.takeAll()]).toEqual([true, 0, 0, []]);
});
