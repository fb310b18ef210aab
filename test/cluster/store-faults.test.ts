import { expect, test } from 'vitest';
import { requirePeers } from '../support/peers.js';
import { waitFor } from '../support/wait.js';
import { GatewayCluster } from './support/gateway-cluster.js';
import { TcpGate } from './support/tcp-gate.js';

// Publishing when the store is away, for one gateway or for all.

const TIMEOUT = 300_000;

test('a gateway that is cut off from the store stops before the others begin, and comes back', {
  timeout: TIMEOUT,
}, async (context) => {
  requirePeers(context, 'etcd');
  let gate: TcpGate | undefined;
  await using cluster = await GatewayCluster.start({
    gateways: 2,
    channels: 6,
    // The first gateway reaches the store through a gate.
    endpoints: async (etcd, number) => {
      if (number !== 1) return etcd.endpoints;
      gate ??= await TcpGate.open(etcd.endpoints[0]!);
      return [gate.endpoint];
    },
  });
  try {
    gate!.cut();
    await waitFor('the fence', 30_000, async () => (await cluster.state(1)).fences > 0 || undefined);
    await waitFor(
      'all slots with the other',
      30_000,
      async () => (await cluster.state(2)).slots.own === 4096 || undefined,
    );
    await cluster.untilPublishing();
    // Probes never look at the store.
    for (const path of ['/healthz', '/readyz']) {
      expect((await cluster.gateway(1).ask('GET', path)).status).toBe(200);
    }
    gate!.mend();
    await cluster.untilShared(2);
    await cluster.untilPublishing();
    expect(cluster.receiver.interleaved()).toEqual([]);
  } finally {
    await gate?.[Symbol.asyncDispose]();
  }
});

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
  const owners = cluster.names.map((name) => cluster.receiver.owners(name).length);
  await cluster.untilPublishing();
  cluster.etcd.startMember(0);
  cluster.etcd.startMember(1);
  await waitFor('both back', 60_000, async () => {
    const states = await Promise.all([cluster.state(1), cluster.state(2)]);
    return states.every(({ state }) => state === 'up') || undefined;
  });
  await cluster.untilPublishing();
  expect(cluster.names.map((name) => cluster.receiver.owners(name).length)).toEqual(owners);
  expect(cluster.receiver.interleaved()).toEqual([]);
});
