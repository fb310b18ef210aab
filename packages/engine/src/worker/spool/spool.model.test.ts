import { afterEach, expect, test, vi } from 'vitest';
import { modelRuns } from '../../base/testing/model-runs.js';
import { seededRandom } from '../../base/testing/seeded-random.js';
import { SpoolModel } from '../testing/spool-model.js';

/** Others: `SPOOL_MODEL_SEED=7 SPOOL_MODEL_RUNS=100 npx vitest run packages/engine/src/worker/spool/spool.model`. */
const SEED = Number(process.env['SPOOL_MODEL_SEED'] ?? 1);
const RUNS = Number(process.env['SPOOL_MODEL_RUNS'] ?? 8);

afterEach(() => void vi.restoreAllMocks());

test.each([
  ['outage', 'live'],
  ['outage', 'in-order'],
  ['always', 'live'],
  ['always', 'in-order'],
] as const)(
  'with `when: %s` and `resume: %s`, every picture arrives in order and can be decoded, or is counted',
  { timeout: 5000 + RUNS * 2000 },
  async (when, resume) => {
    for (let seed = SEED; seed < SEED + modelRuns(RUNS); seed++) {
      // Waits before another attempt are spread at random.
      vi.spyOn(Math, 'random').mockImplementation(seededRandom(seed));
      const { faults, offered, spooled } = await new SpoolModel(seed, { when, resume }).run(120);
      expect(faults, `seed ${seed}`).toEqual([]);
      expect(offered).toBeGreaterThan(100);
      expect(spooled).toBeLessThan(offered);
    }
  },
);
