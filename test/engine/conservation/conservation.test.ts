// Random faults on the way of a channel's stream: what was accepted has arrived, bit for bit and in order, or
// is counted.

import { expect, test } from 'vitest';
import { imbalances } from './balance.js';
import { type Policies, planFor } from './plan.js';
import { Run } from './run.js';

/**
 * The faults of a run follow from its seed; who is faster than whom does not, so that a seed which fails may
 * have to be run more than once. Again: `CONSERVATION_SEED=7 npx vitest run test/engine/conservation`. A long
 * run: `CONSERVATION_RUNS=1000`.
 */
const RUNS = Number(process.env['CONSERVATION_RUNS'] ?? 8);
/** Of runs in which destinations have disk spools; as many as above where that is set. */
const SPOOLED_RUNS = Number(process.env['CONSERVATION_RUNS'] ?? 3);
/** `CONSERVATION_WHEN=always`: spools that write everything before it is sent. */
const WHEN = process.env['CONSERVATION_WHEN'] === 'always' ? 'always' : 'outage';
const SEED = Number(process.env['CONSERVATION_SEED'] ?? 1);
const IS_REPLAY =
  process.env['CONSERVATION_SEED'] !== undefined && process.env['CONSERVATION_RUNS'] === undefined;

const SPOOLED: Policies = { overflow: ['spool', 'spool', 'drop', 'reject'], when: [WHEN] };

function seeds(runs: number): number[] {
  return Array.from({ length: IS_REPLAY ? 1 : runs }, (_, i) => SEED + i);
}

test.each(seeds(RUNS))(
  'every accepted packet arrives bit for bit and in order, or is counted with its cause, at each destination: seed %i',
  { timeout: 120_000 },
  async (seed) => {
    await using run = await Run.of(planFor(seed));
    expect(run.ledger.entries.length).toBeGreaterThan(0);
    expect(imbalances(run), `seed ${seed}`).toEqual([]);
  },
);

test.each(seeds(SPOOLED_RUNS))(
  'every accepted packet arrives, or lies in a disk spool, or is counted with its cause: seed %i',
  { timeout: 120_000 },
  async (seed) => {
    await using run = await Run.of(planFor(seed, SPOOLED));
    expect(imbalances(run), `seed ${seed}`).toEqual([]);
  },
);
