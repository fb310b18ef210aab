import { expect, test } from 'vitest';
import { modelRuns } from '../base/testing/model-runs.js';
import { seededRandom } from '../base/testing/seeded-random.js';
import { NO_BLOCK, WORDS } from './block-layout.js';
import { FreeLists, largestSearchable } from './free-lists.js';

const POOL = 1 << 16;

test('a block that is found is large enough, and none is missed that a naive search would be sure of', () => {
  const lists = new FreeLists(new Int32Array(POOL * WORDS));
  const next = seededRandom(11);
  const free = new Map<number, number>();
  const random = (): number => 3 + Math.floor(2 ** (next() * 13));
  for (let i = 0; i < modelRuns(20_000); i++) {
    if (next() < 0.5) {
      const block = Math.floor(next() * POOL);
      if (free.has(block)) continue;
      const granules = random();
      lists.add(block, granules);
      free.set(block, granules);
      continue;
    }
    const wanted = random();
    const found = lists.find(wanted);
    if (found === NO_BLOCK) {
      expect(Math.max(0, ...[...free.values()].map(largestSearchable))).toBeLessThan(wanted);
    } else {
      expect(free.get(found)).toBeGreaterThanOrEqual(wanted);
      expect(lists.remove(found)).toBe(free.get(found));
      free.delete(found);
    }
  }
  expect(free.size).toBeGreaterThan(0);
});
