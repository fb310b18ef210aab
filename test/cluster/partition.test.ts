import { expect, test } from 'vitest';
import { requirePeers } from '../support/peers.js';
import { FaultyCluster } from './support/faulty-cluster.js';
import { Namespaces } from './support/namespaces.js';

// A network that is cut between namespaces of the kernel's, of a whole machine: faults.test.ts has the others.

const TIMEOUT = 180_000;

test('a machine that is cut off from everything is silent before another one has its channels', {
  timeout: TIMEOUT,
}, async (context) => {
  requirePeers(context, 'etcd', 'network-namespaces');
  const settings = { gateways: 2, channels: 4, clocks: false };
  await using faulty = await FaultyCluster.start(Namespaces.create(settings.gateways), settings);
  const { cluster } = faulty;
  const ownersBefore = cluster.names.map((name) => cluster.receiver.owners(name).length);
  await faulty.cutWhile(1, 'both', async () => {
    await cluster.untilPublishing();
    expect(cluster.names.map((name) => cluster.receiver.owners(name).length)).not.toEqual(ownersBefore);
    // The test's own way there is not cut.
    expect((await cluster.state(1)).fences).toBe(1);
  });
  await cluster.untilShared(settings.gateways);
  await cluster.untilPublishing();
  expect(cluster.receiver.interleaved()).toEqual([]);
});
