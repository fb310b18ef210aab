import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isPeerPresent, requirePeers } from '../support/peers.js';
import { GatewayCluster } from './support/gateway-cluster.js';

// Real gateways, a real etcd, real media: who publishes a name, and when another one does.

/** Ten processes that start on a busy machine may take so long, in ms. */
const START_TIMEOUT = 240_000;

describe('three gateways share their channels', { timeout: START_TIMEOUT }, () => {
  let cluster: GatewayCluster;
  beforeAll(async () => {
    if (isPeerPresent('etcd')) cluster = await GatewayCluster.start({ channels: 9 });
  }, START_TIMEOUT);
  afterAll(async () => await cluster?.[Symbol.asyncDispose]());

  test('one that is killed and started again has its channels back at once', async (context) => {
    requirePeers(context, 'etcd');
    await cluster.killGateway(1);
    await cluster.startGateway(1);
    await cluster.untilShared(3);
    await cluster.untilPublishing();
    expect(cluster.receiver.interleaved()).toEqual([]);
  });

  test('the channels of one that stays away are taken by the others', async (context) => {
    requirePeers(context, 'etcd');
    await cluster.killGateway(2);
    await cluster.untilShared(2);
    await cluster.untilPublishing();
    expect(cluster.receiver.interleaved()).toEqual([]);
    await cluster.startGateway(2);
    await cluster.untilShared(3);
  });

  test('one that was stopped past its lease sends nothing of what others have taken', async (context) => {
    requirePeers(context, 'etcd');
    const { child } = cluster.gateway(3).program;
    child.kill('SIGSTOP');
    await sleep(8000);
    child.kill('SIGCONT');
    await cluster.untilShared(3);
    await cluster.untilPublishing();
    expect(cluster.receiver.interleaved()).toEqual([]);
    expect((await cluster.state(3)).fences).toBeGreaterThan(0);
  });
});
