import { expect, test } from 'vitest';
import { Gates, newGateMemory } from './gates.js';

/** Two threads' views of the gates of three channels. */
function twoSides(): [Gates, Gates] {
  const memory = newGateMemory(3);
  return [new Gates(memory), new Gates(memory)];
}

test('a gate that one side closes is closed for the other, and only that gate, until it is opened', () => {
  const [shard, caller] = twoSides();
  expect([0, 1, 2].map((channel) => caller.isOpen(channel))).toEqual([true, true, true]);
  shard.close(1);
  expect([0, 1, 2].map((channel) => caller.isOpen(channel))).toEqual([true, false, true]);
  shard.open(1);
  expect(caller.isOpen(1)).toBe(true);
});

test('pressure is seen once on the other side, however often a channel was pressed', () => {
  const [caller, shard] = twoSides();
  expect(shard.takePressure(2)).toBe(false);
  caller.press(2);
  caller.press(2);
  expect([0, 1, 2].map((channel) => shard.takePressure(channel))).toEqual([false, false, true]);
  expect(shard.takePressure(2)).toBe(false);
  caller.press(2);
  expect(shard.takePressure(2)).toBe(true);
});

test('gate and pressure of a channel are apart', () => {
  const [caller, shard] = twoSides();
  caller.press(0);
  for (const channel of [0, 1, 2]) expect(caller.isOpen(channel)).toBe(true);
  shard.close(2);
  expect([1, 2].map((channel) => shard.takePressure(channel))).toEqual([false, false]);
});
