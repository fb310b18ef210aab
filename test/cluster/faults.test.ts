// Some faults one after the other, on one cluster; or random ones, the same for the same seed:
// CLUSTER_FAULTS=200 CLUSTER_SEED=7 npx vitest run test/cluster/faults
// The whole laboratory, with network namespaces (root) and nginx-rtmp beside the receiver:
// CLUSTER_FAULTS=200 CLUSTER_NETWORK=namespaces CLUSTER_CHANNELS=180 npx vitest run test/cluster/faults

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seeded } from '../../packages/cloudpush/dist/cluster/assignment/testing/seeded.js';
import { isPeerPresent, type PeerName, requirePeers } from '../support/peers.js';
import { BOUND, FaultLaboratory } from './support/fault-laboratory.js';
import { type Fault, faults } from './support/faults.js';
import type { FaultyCluster } from './support/faulty-cluster.js';

const FAULTS = Number(process.env['CLUSTER_FAULTS'] ?? 0);
const SEED = Number(process.env['CLUSTER_SEED'] ?? 1);
const CHANNELS = Number(process.env['CLUSTER_CHANNELS'] ?? 9);
const NETWORK = process.env['CLUSTER_NETWORK'] === 'namespaces' ? 'namespaces' : 'gates';
/** A fault, and what follows it, may take so long on a busy machine, in ms. */
const FAULT_TIMEOUT = 180_000;
const START_TIMEOUT = 240_000;

async function cutFromStore(faulty: FaultyCluster): Promise<string> {
  await faulty.cut(2, 'store', 9000);
  expect((await faulty.cluster.state(2)).fences).toBeGreaterThan(0);
  return 'gateway 2 cut off from the store for 9 s';
}

const random = seeded(SEED);
const wanted = process.env['CLUSTER_KINDS']?.split(',');
const kinds: readonly Fault[] = Object.entries<Fault>(faults).flatMap(([name, fault]) =>
  wanted?.includes(name) === false ? [] : [fault],
);
const chosen: readonly Fault[] =
  FAULTS === 0
    ? [faults.stayAway, cutFromStore, faults.fullStore]
    : Array.from({ length: FAULTS }, () => kinds[Math.floor(random() * kinds.length)]!);
const needed: readonly PeerName[] = [
  'etcd',
  'faketime',
  ...(NETWORK === 'namespaces' ? (['network-namespaces', 'nginx-rtmp', 'ffmpeg'] as const) : []),
];

describe('no two owners of a name interleave, and no channel stays away:', { timeout: FAULT_TIMEOUT }, () => {
  let laboratory: FaultLaboratory;
  beforeAll(async () => {
    if (needed.every(isPeerPresent)) laboratory = await FaultLaboratory.start(NETWORK, CHANNELS);
  }, START_TIMEOUT);
  afterAll(async () => await laboratory?.[Symbol.asyncDispose]());

  test.for(chosen.map((fault, index) => ({ title: `${index + 1}: ${fault.name}`, fault })))(
    '$title',
    async ({ title, fault }, context) => {
      requirePeers(context, ...needed);
      const { told, mixed, whole, back, serverBack, silence, silent, log } = await laboratory.run(
        fault,
        random,
      );
      if (FAULTS > 0) {
        const times = [
          `back ${back}`,
          `at nginx ${serverBack ?? '-'}`,
          `whole ${whole}`,
          `${silent} silent ${silence}`,
        ];
        console.info(`${title}: ${told}; ms: ${times.join(', ')} ${mixed.join(' ')}`);
        if (silence > BOUND) console.info(log.join('\n'));
        expect(Math.max(back, serverBack ?? 0), `seed ${SEED}, ${title}: ${told}`).toBeLessThan(BOUND);
      }
      expect(mixed, `seed ${SEED}, ${title}: ${told}`).toEqual([]);
    },
  );
});
