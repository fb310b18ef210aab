import { expect, test } from 'vitest';
import { requirePeers } from '../support/peers.js';
import { waitFor } from '../support/wait.js';
import { GatewayCluster } from './support/gateway-cluster.js';

// Publishing when the store is away, for one gateway or for all.

const TIMEOUT = 300_000;

test('without a quorum, and with isolation "continue", what is connected goes on', {
  timeout: TIMEOUT,
}, async (context) => {
  requirePeers(context, 'etcd');
  await using cluster = await GatewayCluster.start({
    gateways: 2,
    channels: 4,
    etcdMembers: 3,
    isolation: 'continue',
  });
  await Promise.all([cluster.etcd.killMember(0), cluster.etcd.killMember(1)]);
  await waitFor('both isolated', 40_000, async () => {
    const states = await Promise.all([cluster.state(1), cluster.state(2)]);
    return states.every(({ state }) => state === 'isolated') || undefined;
  });
  // Probes never look at the store.
  for (const path of ['/healthz', '/readyz']) {
    expect((await cluster.gateway(1).ask('GET', path)).status).toBe(200);
  }
  const owners = () => cluster.names.map((name) => cluster.receiver.owners(name).length);
  const before = owners();
  const moves = await movesOf(cluster);
  await cluster.untilPublishing();
  expect(owners()).toEqual(before);
  cluster.etcd.startMember(0);
  cluster.etcd.startMember(1);
  await cluster.etcd.leader();
  await cluster.untilShared(2);
  for (const number of [1, 2]) expect(await cluster.state(number)).toMatchObject({ state: 'up', fences: 0 });
  await cluster.untilPublishing();
  // Slots that were on their way to the other node when the store was lost go on to it; no other name changes
  // its owner.
  const changes = sum(owners()) - sum(before);
  expect(changes).toBeLessThanOrEqual((await movesOf(cluster)) - moves);
  expect(cluster.receiver.interleaved()).toEqual([]);
});

/** Slots that the nodes have handed over. */
async function movesOf(cluster: GatewayCluster): Promise<number> {
  const states = await Promise.all([cluster.state(1), cluster.state(2)]);
  return sum(states.map(({ moves }) => moves));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
