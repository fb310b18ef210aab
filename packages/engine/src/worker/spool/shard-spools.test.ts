import { expect, test } from 'vitest';
import { FakeClock } from '../../base/testing/fake-clock.js';
import { BackfillGate, newBackfillMemory } from '../../memory/backfill-gate.js';
import { ShardSpools } from './shard-spools.js';

const MIB = 2 ** 20;

test('what was sent is kept in a quarter of the pool, in equal shares of all spools of all shards', () => {
  const limits = { maxBytes: 1e9, maxAge: 1e9, minFree: 0, maxGaps: 4 };
  const config = { folder: '/spool', sync: 'second', ...limits } as const;
  const memory = newBackfillMemory(2);
  const shards = [0, 1].map((slot) => {
    const gate = new BackfillGate(memory, slot, 4);
    return new ShardSpools({ config, gate, clock: new FakeClock(), poolSize: 64 * MIB });
  });
  const spools = Array.from({ length: 8 }, () => ({ tick: () => {} }));
  for (const [index, spool] of spools.entries()) shards[index % 2]!.add(spool);
  expect(shards.map(({ tailLimit }) => tailLimit)).toEqual([2 * MIB, 2 * MIB]);
  shards[0]!.remove(spools[0]!);
  shards[0]!.remove(spools[0]!);
  for (const spool of spools.slice(1, 4)) shards[spools.indexOf(spool) % 2]!.remove(spool);
  expect(shards[1]!.tailLimit).toBe(4 * MIB);
});
