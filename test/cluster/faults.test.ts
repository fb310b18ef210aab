// Some faults one after the other, on one cluster; or random ones, the same for the same seed:
// CLUSTER_FAULTS=200 CLUSTER_SEED=7 npx vitest run test/cluster/faults

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seeded } from '../../packages/cloudpush/dist/cluster/assignment/testing/seeded.js';
import { isPeerPresent, requirePeers } from '../support/peers.js';
import { type Fault, FaultyCluster, faults, GATEWAYS } from './support/faults.js';

const FAULTS = Number(process.env['CLUSTER_FAULTS'] ?? 0);
const SEED = Number(process.env['CLUSTER_SEED'] ?? 1);
/** A fault, and what follows it, may take so long on a busy machine, in ms. */
const FAULT_TIMEOUT = 180_000;
const START_TIMEOUT = 240_000;

async function cutFromStore(faulty: FaultyCluster): Promise<string> {
  await faulty.cut(2, 'store', 9000);
  expect((await faulty.cluster.state(2)).fences).toBeGreaterThan(0);
  return 'gateway 2 cut off from the store for 9 s';
}

const random = seeded(SEED);
const kinds: readonly Fault[] = Object.values(faults);
const chosen: readonly Fault[] =
  FAULTS === 0
    ? [faults.stayAway, cutFromStore, faults.fullStore]
    : Array.from({ length: FAULTS }, () => kinds[Math.floor(random() * kinds.length)]!);

describe('no two owners of a name interleave, and no channel stays away:', { timeout: FAULT_TIMEOUT }, () => {
  let faulty: FaultyCluster;
  beforeAll(async () => {
    if (isPeerPresent('etcd') && isPeerPresent('faketime')) faulty = await FaultyCluster.start(9);
  }, START_TIMEOUT);
  afterAll(async () => await faulty?.[Symbol.asyncDispose]());

  test.for(chosen.map((fault, index) => ({ title: `${index + 1}: ${fault.name}`, fault })))(
    '$title',
    async ({ title, fault }, context) => {
      requirePeers(context, 'etcd', 'faketime');
      const { cluster } = faulty;
      cluster.receiver.takeSilence();
      const told = await fault(faulty, random);
      const ended = performance.now();
      await cluster.untilShared(GATEWAYS);
      await cluster.untilPublishing();
      const recovery = performance.now() - ended;
      const silence = cluster.receiver.takeSilence();
      const mixed = cluster.receiver.interleaved();
      // The rest is another fault's.
      if (mixed.length > 0) cluster.receiver.forget();
      if (FAULTS > 0) {
        const times = `whole after ${Math.round(recovery)} ms, a name silent for ${Math.round(silence)} ms`;
        console.info(`${title}: ${told}; ${times} ${mixed.join(' ')}`);
      }
      expect(mixed, `seed ${SEED}, ${title}: ${told}`).toEqual([]);
    },
  );
});
