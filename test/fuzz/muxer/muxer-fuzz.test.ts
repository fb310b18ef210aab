import { expect, test } from 'vitest';
import { fuzzContainer } from './fuzz-container.js';
import { fuzzEncryption } from './fuzz-encryption.js';
import { fuzzReaders } from './fuzz-flv.js';
import { fuzzMuxer } from './fuzz-muxer.js';
import { Random } from './random.js';
import { loadSeeds } from './seeds.js';

const seeds = loadSeeds();

/** `FUZZ_PACKETS` and `FUZZ_SEED` make a long run of it; without them it is short, and always the same. */
const packets = Number(process.env['FUZZ_PACKETS'] ?? 6000);
const firstSeed = Number(process.env['FUZZ_SEED'] ?? 1);
const timeout = process.env['FUZZ_PACKETS'] === undefined ? 30_000 : 24 * 3_600_000;

// Nobody looks at the stacks of errors that are provoked millions of times: a finding is repeated by its
// seed.
if (process.env['FUZZ_PACKETS'] !== undefined) Error.stackTraceLimit = 0;

/** Runs until the number is reached, each with a random seed of its own, which a failure names. */
function repeat(count: number, target: (random: Random) => number): void {
  let done = 0;
  for (let seed = firstSeed; done < count; seed++) {
    try {
      done += target(new Random(seed));
    } catch (error) {
      throw new Error(`random seed ${seed}: ${(error as Error).message}`, { cause: error });
    }
  }
  expect(done).toBeGreaterThanOrEqual(count);
}

test(
  `agrees with the naive muxer on ${packets} packets, valid or not, in place and in slices`,
  () => {
    repeat(packets, (random) => fuzzMuxer(seeds, random));
  },
  timeout,
);

test(
  `muxes ${packets / 2} packets without start codes and ADTS headers as it does those with them`,
  () => {
    repeat(packets / 2, (random) => fuzzContainer(seeds, random));
  },
  timeout,
);

test(
  `reads ${packets / 4} changed files and streams the same in any pieces`,
  () => {
    repeat(packets / 4, (random) => fuzzReaders(seeds, random));
  },
  timeout,
);

test(
  `encrypts ${packets / 4} packets as the document says, and decrypts them, changed or not`,
  () => {
    repeat(packets / 4, fuzzEncryption);
  },
  timeout,
);
