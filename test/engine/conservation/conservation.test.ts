// Random faults on the way of a channel's stream: what was accepted has arrived, bit for bit and in order, or
// is counted.

import { expect, test } from 'vitest';
import { imbalances } from './balance.js';
import { planFor } from './plan.js';
import { Run } from './run.js';

/**
 * The faults of a run follow from its seed; who is faster than whom does not, so that a seed which fails may
 * have to be run more than once. Again: `CONSERVATION_SEED=7 npx vitest run test/engine/conservation`. A long
 * run: `CONSERVATION_RUNS=1000`.
 */
const RUNS = Number(process.env['CONSERVATION_RUNS'] ?? 8);
const SEED = Number(process.env['CONSERVATION_SEED'] ?? 1);
const IS_REPLAY =
  process.env['CONSERVATION_SEED'] !== undefined && process.env['CONSERVATION_RUNS'] === undefined;

const seeds = Array.from({ length: IS_REPLAY ? 1 : RUNS }, (_, i) => SEED + i);

test.each(seeds)(
  'every accepted packet arrives bit for bit and in order, or is counted with its cause, at each destination: seed %i',
  { timeout: 120_000 },
  async (seed) => {
    await using run = await Run.of(planFor(seed));
    expect(run.ledger.entries.length).toBeGreaterThan(0);
    expect(imbalances(run), `seed ${seed}`).toEqual([]);
  },
);
