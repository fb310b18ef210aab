import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isPeerPresent, requirePeers } from '../support/peers.js';
import { waitFor } from '../support/wait.js';
import { GatewayCluster } from './support/gateway-cluster.js';

// The work of operators: drain, upgrade, change channels through any node.

const TIMEOUT = 240_000;

describe('two gateways', { timeout: TIMEOUT }, () => {
  let cluster: GatewayCluster;
  beforeAll(async () => {
    if (isPeerPresent('etcd')) cluster = await GatewayCluster.start({ gateways: 2, channels: 6 });
  }, TIMEOUT);
  afterAll(async () => await cluster?.[Symbol.asyncDispose]());

  test('a node that is drained gives all channels away without a fault, and takes them again', async (context) => {
    requirePeers(context, 'etcd');
    const url = ['--url', cluster.url(2)];
    expect((await cluster.command('drain', 'gateway-1', ...url)).code).toBe(0);
    await waitFor('no slots', 60_000, async () => (await cluster.state(1)).slots.own === 0 || undefined);
    await cluster.untilPublishing();
    expect((await cluster.command('status', ...url)).stdout).toMatch(/gateway-1 .* draining .* 0 /);
    expect((await cluster.command('drain', 'gateway-1', '--undo', ...url)).code).toBe(0);
    await cluster.untilShared(2);
    expect(cluster.receiver.interleaved()).toEqual([]);
  });

  test('of changes that both make at the same time none is lost, and both tell the same', async (context) => {
    requirePeers(context, 'etcd');
    const [name = ''] = cluster.names;
    const changes = Array.from({ length: 10 }, async (_, index) => {
      const { status } = await cluster
        .gateway(1 + (index % 2))
        .patch(name, { labels: { [`l${index}`]: 'x' } });
      return status;
    });
    expect(await Promise.all(changes)).toEqual(Array(10).fill(200));
    const told = await Promise.all(
      [1, 2].map(async (number) => (await cluster.gateway(number).ask('GET', `/v1/channels/${name}`)).json),
    );
    expect(Object.keys(told[0]!.configuration.labels)).toHaveLength(10);
    expect(told[1]!.configuration).toEqual(told[0]!.configuration);
    expect(told[1]!.revision).toBe(told[0]!.revision);
    const stale = await cluster.gateway(1).ask('PUT', `/v1/channels/${name}`, {
      headers: { 'content-type': 'application/json', 'if-match': '"1"' },
      body: JSON.stringify(told[0]!.configuration),
    });
    expect(stale.status).toBe(412);
  });

  test('every node shows the channels of all', async (context) => {
    requirePeers(context, 'etcd');
    for (const number of [1, 2]) {
      const { items } = (await cluster.gateway(number).ask('GET', '/v1/channels')).json;
      expect(items.map((one: { name: string }) => one.name)).toEqual([...cluster.names].sort());
      expect(new Set(items.map((one: { node: string }) => one.node))).toEqual(
        new Set(['gateway-1', 'gateway-2']),
      );
    }
    const { stdout } = await cluster.command('channels', '--json', '--url', cluster.url(1));
    expect(JSON.parse(stdout)).toHaveLength(cluster.names.length);
  });

  test('a gateway that is told to end hands over first, and its successor takes its share', async (context) => {
    requirePeers(context, 'etcd');
    const { code } = await cluster.gateway(1).stop();
    expect(code).toBe(0);
    await cluster.untilPublishing();
    await cluster.startGateway(1);
    await cluster.untilShared(2);
    await cluster.untilPublishing();
    expect(cluster.receiver.interleaved()).toEqual([]);
  });
});
