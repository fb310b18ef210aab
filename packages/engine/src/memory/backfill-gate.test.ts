import { expect, test } from 'vitest';
import { BackfillGate, newBackfillMemory } from './backfill-gate.js';

test('so many gaps are sent at a time as are permitted, whichever shards send them', () => {
  const memory = newBackfillMemory(2);
  const gates = [new BackfillGate(memory, 0, 4), new BackfillGate(memory, 1, 4)];
  const entered = [0, 1, 0, 1, 0, 1].map((shard) => gates[shard]!.enter());
  expect(entered).toEqual([true, true, true, true, false, false]);
  gates[0]!.leave();
  expect([gates[1]!.enter(), gates[1]!.enter()]).toEqual([true, false]);
});

test('a live channel that is held up holds up the gaps of all shards', () => {
  const memory = newBackfillMemory(2);
  const gates = [new BackfillGate(memory, 0, 4), new BackfillGate(memory, 1, 4)];
  gates[0]!.noteCongested(true);
  gates[1]!.noteCongested(true);
  gates[0]!.noteCongested(false);
  expect(gates[0]!.isCongested).toBe(true);
  gates[1]!.noteCongested(false);
  expect(gates[0]!.isCongested).toBe(false);
});

test('what a dead shard had is given up by the one in its place', () => {
  const memory = newBackfillMemory(1);
  const dead = new BackfillGate(memory, 0, 4);
  for (let i = 0; i < 4; i++) dead.enter();
  dead.noteCongested(true);
  const next = new BackfillGate(memory, 0, 4);
  expect([next.isCongested, next.enter()]).toEqual([false, true]);
});
