import { test } from 'vitest';
import { feedHostileInputs } from '../hostile-inputs.js';
import { mutate } from './random.js';
import { splitSeed, targets } from './targets.js';

/**
 * Feeds mutated recordings to everything that reads a peer's bytes. Nothing but an RtmpError may be thrown,
 * memory stays within the limits, and the same bytes give the same outcome however they are cut.
 *
 * Long run: `FUZZ_EXECUTIONS=5000000 FUZZ_SEED=1 npx vitest run test/fuzz/transport`.
 */
const EXECUTIONS = Number(process.env['FUZZ_EXECUTIONS'] ?? 60_000);
const SEED = Number(process.env['FUZZ_SEED'] ?? 20_260);

test(`${EXECUTIONS} hostile inputs`, { timeout: 3 * 60 * 60 * 1000 }, () => {
  feedHostileInputs({
    executions: EXECUTIONS,
    seed: SEED,
    targets,
    input: (random, target) => {
      const [kept, mutable] = splitSeed(target, random.pick(target.seeds), random);
      return Buffer.concat([kept, mutate(random, mutable, target.seeds)]);
    },
  });
});
