// Faults of a network on a channel with a disk spool: what was accepted arrives, with the stream or with that
// of a gap, bit for bit and in order within each, or lies on disk at the end, or is counted with its cause.
// What a server may not have is sent again: twice is permitted, not at all is not.

import { beforeAll, expect, test } from 'vitest';
import { faultsFor } from './schedule/schedule.js';
import { expectNothingLeft, type Holdings, holdings } from './support/residue.js';
import { runTrial } from './support/trial.js';

/** As in `network.test.ts`: `FAULTS_SEED=7 npx vitest run test/faults/network`. */
const SEED = Number(process.env['FAULTS_SEED'] ?? 1);
/** More: `FAULTS_RUNS=200`. */
const RUNS = Number(process.env['FAULTS_RUNS'] ?? (process.env['FAULTS_SEED'] === undefined ? 4 : 1));

/** Each seed takes one of them, in turn. */
const spools = (['outage', 'always'] as const).flatMap((when) =>
  (['live', 'in-order'] as const).map((resume) => ({ when, resume, speed: 100 }) as const),
);

let before: Holdings;
beforeAll(async () => {
  // Threads and files that a process keeps once it has needed them.
  await runTrial({ seed: 0, faults: [], overflow: 'spool', spool: { when: 'always' } });
  before = holdings();
});

test.each(Array.from({ length: RUNS }, (_, i) => SEED + i))('a mixture of faults: seed %i', async (seed) => {
  const options = { reach: 150_000, longestStall: 400, healthy: 10 };
  // Gaps are sent through the same network.
  const faults = Array.from({ length: 6 }, (_, connection) => faultsFor(seed, 1, connection, options));
  const spool = spools[seed % spools.length]!;
  const highWatermark = seed % 3 === 0 ? 60_000 : 500_000;
  // Otherwise the end comes while gaps are under way, and the rest of them lies on disk. A stream that goes on
  // in order has the last group of a source that rests on disk until it is closed.
  const drains = spool.resume === 'live' && seed % 8 < 4;
  const trial = { seed, faults, overflow: 'spool', spool, highWatermark, drains } as const;
  const { imbalances, spooledBytes } = await runTrial(trial);
  expect(imbalances, `seed ${seed}, when: ${spool.when}, resume: ${spool.resume}`).toEqual([]);
  expect(spooledBytes).toBeGreaterThan(0);
  await expectNothingLeft(before);
});

test.each(spools)('corrupted bytes leave nothing behind: when $when, resume $resume', async (spool) => {
  const faults = [0, 3200, 20_000].flatMap((at) => [
    [{ type: 'corrupt', way: 'up', at, count: 8 } as const],
    [{ type: 'corrupt', way: 'down', at, count: 8 } as const],
  ]);
  // RTMP has no checksum: what arrives may be altered, and so may be what a server says that it has.
  const trial = { seed: SEED, faults, overflow: 'spool', spool, mayAlter: true } as const;
  const { injected } = await runTrial(trial);
  expect(injected.get('corrupt')).toBeGreaterThan(2);
  await expectNothingLeft(before);
});
