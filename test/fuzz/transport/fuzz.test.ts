import { expect, test } from 'vitest';
import { cut, mutate, Random } from './random.js';
import { splitSeed, targets } from './targets.js';

/**
 * Feeds mutated recordings to everything that reads a peer's bytes. Nothing but an RtmpError may be thrown,
 * memory stays within the limits, and the same bytes give the same outcome however they are cut. An execution
 * is one input read by one target; every fourth is read twice, whole and cut.
 *
 * Long run: `FUZZ_EXECUTIONS=5000000 FUZZ_SEED=1 npx vitest run test/fuzz/transport`.
 */
const EXECUTIONS = Number(process.env['FUZZ_EXECUTIONS'] ?? 60_000);
const SEED = Number(process.env['FUZZ_SEED'] ?? 20_260);
const MEMORY_LIMIT = 512 * 1024 * 1024;

test(`${EXECUTIONS} hostile inputs`, { timeout: 3 * 60 * 60 * 1000 }, () => {
  const random = new Random(SEED);
  const before = process.memoryUsage().rss;
  const counts = new Map<string, number>();
  let executions = 0;
  while (executions < EXECUTIONS) {
    const target = random.pick(targets);
    const [kept, mutable] = splitSeed(target, random.pick(target.seeds), random);
    const input = Buffer.concat([kept, mutate(random, mutable, target.seeds)]);
    try {
      const whole = target.run([input]);
      executions++;
      if (random.chance(25)) {
        const inPieces = target.run(cut(random, input));
        executions++;
        if (whole.join('\n') !== inPieces.join('\n')) expect(inPieces).toEqual(whole);
      }
      counts.set(target.name, (counts.get(target.name) ?? 0) + 1);
    } catch (error) {
      const text = `${target.name}, seed ${SEED}, execution ${executions}: ${input.toString('hex')}`;
      throw new Error(text, { cause: error });
    }
  }
  const grown = process.memoryUsage().rss - before;
  console.log(`fuzzed ${executions} times: ${[...counts].map(([name, n]) => `${name} ${n}`).join(', ')}`);
  console.log(`resident memory grew by ${(grown / 2 ** 20).toFixed(0)} MiB`);
  expect(grown).toBeLessThan(MEMORY_LIMIT);
});
