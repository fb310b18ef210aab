// Faults of a network on one channel: what was accepted arrives bit for bit and in order, or is counted with
// its cause, and the channel beside it never notices.

import { beforeAll, describe, expect, test } from 'vitest';
import type { Fault } from './schedule/fault.js';
import { faultsFor } from './schedule/schedule.js';
import { expectNothingLeft, type Holdings, holdings } from './support/residue.js';
import { runTrial } from './support/trial.js';

/**
 * The faults of a run follow from its seed; who is faster does not. Again: `FAULTS_SEED=7 npx vitest run
 * test/faults/network`.
 */
const SEED = Number(process.env['FAULTS_SEED'] ?? 1);
/** More: `FAULTS_RUNS=200`. */
const RUNS = Number(process.env['FAULTS_RUNS'] ?? (process.env['FAULTS_SEED'] === undefined ? 6 : 1));
const policies = ['reject', 'drop'] as const;

let before: Holdings;
beforeAll(async () => {
  // Threads and files that a process keeps once it has needed them.
  await runTrial({ seed: 0, faults: [], overflow: 'drop' });
  before = holdings();
});

const setup = 3500;
const media = 60_000;

/** Each kind alone: at the beginning, in the midst of the commands, and within media. */
const each: readonly { readonly name: string; readonly faults: readonly Fault[][] }[] = [
  { name: 'refused connections', faults: [[{ type: 'refuse' }], [{ type: 'refuse' }]] },
  ...(['reset', 'end', 'halfClose', 'blackHole'] as const).flatMap((type) => [
    {
      name: `${type} of what the client says`,
      faults: [0, setup, media].map((at) => [{ type, way: 'up', at } as const]),
    },
    {
      name: `${type} of what the server says`,
      faults: [0, 1600, setup].map((at) => [{ type, way: 'down', at } as const]),
    },
  ]),
  {
    name: 'stalls, short and long ones',
    faults: [
      [{ type: 'stall', way: 'up', at: setup, ms: 50 }],
      [{ type: 'stall', way: 'up', at: media, ms: 300 }],
      [{ type: 'stall', way: 'up', at: media, ms: Number.POSITIVE_INFINITY }],
      [{ type: 'stall', way: 'down', at: 2000, ms: Number.POSITIVE_INFINITY }],
    ],
  },
  {
    name: 'delay, jitter and a low rate, both ways',
    faults: [
      [
        { type: 'delay', way: 'up', ms: 40, jitter: 30 },
        { type: 'delay', way: 'down', ms: 40, jitter: 30 },
      ],
      [{ type: 'rate', way: 'up', bytesPerSecond: 200_000 }],
      [{ type: 'rate', way: 'down', bytesPerSecond: 20_000 }],
    ],
  },
  {
    name: 'tiny segments',
    faults: [
      [
        { type: 'split', way: 'up', most: 1400 },
        { type: 'split', way: 'down', most: 1 },
      ],
      [{ type: 'split', way: 'up', most: 60 }],
    ],
  },
];

describe.each(each)('a network with $name', ({ faults }) => {
  test.each(policies)('and a channel whose overflow is %s', async (overflow) => {
    const { imbalances, injected, connections } = await runTrial({ seed: SEED, faults, overflow });
    expect(imbalances).toEqual([]);
    expect(injected.size).toBeGreaterThan(0);
    expect(connections).toBeGreaterThan(faults.length);
    await expectNothingLeft(before);
  });
});

test('corrupted bytes end a connection at the worst, and nothing else', async () => {
  const faults = [0, 1, 1600, 3073, 3200, setup, 20_000].flatMap((at) => [
    [{ type: 'corrupt', way: 'up', at, count: 8 } as const],
    [{ type: 'corrupt', way: 'down', at, count: 8 } as const],
  ]);
  const { injected } = await runTrial({ seed: SEED, faults, overflow: 'drop', mayAlter: true });
  expect(injected.get('corrupt')).toBeGreaterThan(7);
  await expectNothingLeft(before);
});

test.each(Array.from({ length: RUNS }, (_, i) => SEED + i))('a mixture of them: seed %i', async (seed) => {
  const options = { reach: 150_000, longestStall: 400, healthy: 10 };
  const faults = Array.from({ length: 8 }, (_, connection) => faultsFor(seed, 0, connection, options));
  const outcome = await runTrial({ seed, faults, overflow: policies[seed % 2]! });
  expect(outcome.imbalances, `seed ${seed}`).toEqual([]);
  await expectNothingLeft(before);
});
