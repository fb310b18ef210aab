import { expect, test } from 'vitest';
import { cut, mutate, Random } from '../transport/random.js';
import { targets } from './targets.js';

/**
 * Feeds mutated recordings of a camera to everything that reads one. Nothing but a CloudPushError may be thrown, sinks
 * are called in order, memory stays within the limits, and the same bytes give the same however they are cut. An
 * execution is one input read by one target; every fourth is read twice, whole and cut.
 *
 * Long run: `FUZZ_EXECUTIONS=1000000 FUZZ_SEED=1 npx vitest run test/fuzz/rtsp`.
 */
const EXECUTIONS = Number(process.env['FUZZ_EXECUTIONS'] ?? 6000);
const SEED = Number(process.env['FUZZ_SEED'] ?? 20_261);
const MEMORY_LIMIT = 512 * 1024 * 1024;

test(`${EXECUTIONS} hostile inputs`, { timeout: 3 * 60 * 60 * 1000 }, () => {
  const random = new Random(SEED);
  const before = process.memoryUsage().rss;
  const counts = new Map<string, number>();
  for (let executions = 0; executions < EXECUTIONS; executions++) {
    const target = random.pick(targets);
    const input = mutate(random, random.pick(target.seeds), target.seeds);
    try {
      const whole = target.run([input]);
      if (random.chance(25)) {
        executions++;
        const inPieces = target.run(cut(random, input));
        if (whole.join('\n') !== inPieces.join('\n')) expect(inPieces).toEqual(whole);
      }
      counts.set(target.name, (counts.get(target.name) ?? 0) + 1);
    } catch (error) {
      const text = `${target.name}, seed ${SEED}, execution ${executions}: ${input.toString('hex')}`;
      throw new Error(text, { cause: error });
    }
  }
  const grown = process.memoryUsage().rss - before;
  console.log(`fuzzed: ${[...counts].map(([name, n]) => `${name} ${n}`).join(', ')}`);
  console.log(`resident memory grew by ${(grown / 2 ** 20).toFixed(0)} MiB`);
  expect(grown).toBeLessThan(MEMORY_LIMIT);
});
