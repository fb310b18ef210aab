import { test } from 'vitest';
import { feedHostileInputs } from '../hostile-inputs.js';
import { mutate } from '../transport/random.js';
import { targets } from './targets.js';

/**
 * Feeds mutated recordings of a camera to everything that reads one. Nothing but a CloudPushError may be
 * thrown, sinks are called in order, memory stays within the limits, and the same bytes give the same however
 * they are cut.
 *
 * Long run: `FUZZ_EXECUTIONS=1000000 FUZZ_SEED=1 npx vitest run test/fuzz/rtsp`.
 */
const EXECUTIONS = Number(process.env['FUZZ_EXECUTIONS'] ?? 6000);
const SEED = Number(process.env['FUZZ_SEED'] ?? 20_261);

test(`${EXECUTIONS} hostile inputs`, { timeout: 3 * 60 * 60 * 1000 }, () => {
  feedHostileInputs({
    executions: EXECUTIONS,
    seed: SEED,
    targets,
    input: (random, target) => mutate(random, random.pick(target.seeds), target.seeds),
  });
});
