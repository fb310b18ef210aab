import { expect } from 'vitest';
import { cut, Random } from './transport/random.js';

/** Something that reads a peer's bytes. It throws nothing but what is a bug. */
export interface Target {
  readonly name: string;
  readonly seeds: readonly Buffer[];
  /**
   * Its observations, in a form that can be compared: the same bytes must give the same, however they are
   * cut.
   */
  run(pieces: readonly Buffer[]): readonly string[];
}

export interface HostileRun<T extends Target> {
  readonly executions: number;
  readonly seed: number;
  readonly targets: readonly T[];
  /** Makes an input for a target. */
  input(random: Random, target: T): Buffer;
}

const MEMORY_LIMIT = 512 * 1024 * 1024;

/**
 * Has targets read hostile inputs. An execution is one input read by one target; every fourth input is read
 * twice, whole and cut, with the same outcome. Memory must stay within {@link MEMORY_LIMIT}.
 */
export function feedHostileInputs<T extends Target>({
  executions,
  seed,
  targets,
  input,
}: HostileRun<T>): void {
  const random = new Random(seed);
  const before = process.memoryUsage().rss;
  const counts = new Map<string, number>();
  let done = 0;
  while (done < executions) {
    const target = random.pick(targets);
    const bytes = input(random, target);
    try {
      const whole = target.run([bytes]);
      done++;
      if (random.chance(25)) {
        const inPieces = target.run(cut(random, bytes));
        done++;
        if (whole.join('\n') !== inPieces.join('\n')) expect(inPieces).toEqual(whole);
      }
      counts.set(target.name, (counts.get(target.name) ?? 0) + 1);
    } catch (error) {
      const text = `${target.name}, seed ${seed}, execution ${done}: ${bytes.toString('hex')}`;
      throw new Error(text, { cause: error });
    }
  }
  const grown = process.memoryUsage().rss - before;
  console.log(`fuzzed ${done} times: ${[...counts].map(([name, n]) => `${name} ${n}`).join(', ')}`);
  console.log(`resident memory grew by ${(grown / 2 ** 20).toFixed(0)} MiB`);
  expect(grown).toBeLessThan(MEMORY_LIMIT);
}
