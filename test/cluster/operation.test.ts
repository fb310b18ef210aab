// The work of operators: drain, upgrade, change channels through any node; and what a receiver sees of slots
// that move, picture by picture.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_SLOTS, slotOf } from '../../packages/cloudpush/dist/cluster/assignment/assignment.js';
import { parseConfiguration } from '../../packages/cloudpush/dist/gateway/config/parse.js';
import { GROUP, ScriptedCamera } from '../engine/scripted-camera.js';
import { cloudpush } from '../support/cloudpush.js';
import { isPeerPresent, requirePeers } from '../support/peers.js';
import { waitFor } from '../support/wait.js';
import { continuity } from './support/continuity.js';
import { GatewayCluster } from './support/gateway-cluster.js';

const TIMEOUT = 240_000;

describe('two gateways', { timeout: TIMEOUT }, () => {
  let camera: ScriptedCamera;
  let cluster: GatewayCluster;
  beforeAll(async () => {
    if (!isPeerPresent('etcd')) return;
    camera = await ScriptedCamera.listen({ live: true });
    const source = { url: camera.url.replace(/\?.*/, '') };
    cluster = await GatewayCluster.start({ gateways: 2, channels: 6, source, slices: true });
  }, TIMEOUT);
  afterAll(async () => {
    await cluster?.[Symbol.asyncDispose]();
    await camera?.[Symbol.asyncDispose]();
  });

  test('a drained node hands its channels over between two groups of pictures: none is lost or comes twice', async (context) => {
    requirePeers(context, 'etcd');
    const owners = (): number =>
      cluster.names.reduce((sum, name) => sum + cluster.receiver.owners(name).length, 0);
    const [begun, before] = [Date.now(), owners()];
    const url = ['--url', cluster.url(2)];
    expect((await cluster.command('drain', 'gateway-1', ...url)).code).toBe(0);
    await waitFor('no slots', 60_000, async () => (await cluster.state(1)).slots.own === 0 || undefined);
    await cluster.untilPublishing();
    expect((await cluster.command('status', ...url)).stdout).toMatch(/gateway-1 .* draining .* 0 /);
    expect((await cluster.command('drain', 'gateway-1', '--undo', ...url)).code).toBe(0);
    await cluster.untilShared(2);
    await cluster.untilPublishing();
    expect(owners()).toBeGreaterThan(before);
    expect(cluster.receiver.interleaved()).toEqual([]);
    const seen = cluster.names.map((name) => continuity(cluster.receiver.slices(name)));
    expect(seen.map(({ twice }) => twice)).toEqual(seen.map(() => 0));
    // None is lost, unless a busy machine takes longer than a group lasts from the end of one to the begin of
    // the other.
    for (const { gap } of seen) expect(gap).toBeLessThanOrEqual(GROUP);
    for (const number of [1, 2]) {
      expect((await cluster.state(number)).fences).toBe(0);
      for (const name of cluster.names) {
        const { json } = await cluster.gateway(number).ask('GET', `/v1/channels/${name}/events?limit=500`);
        const told = json as { readonly at: number; readonly level: string }[];
        expect(told.filter(({ at, level }) => at > begun && level !== 'info')).toEqual([]);
      }
    }
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
      // Some slots may still be on their way back to the first one.
      await waitFor('channels of both', 20_000, async () => {
        const { items } = (await cluster.gateway(number).ask('GET', '/v1/channels')).json;
        expect(items.map((one: { name: string }) => one.name)).toEqual([...cluster.names].sort());
        return new Set(items.map((one: { node: string }) => one.node)).size === 2 || undefined;
      });
      const top = ['top', '--once', '--url', cluster.url(number)];
      const [text, json] = await Promise.all([cloudpush(top), cloudpush([...top, '--json'])]);
      const rows = JSON.parse(json.stdout).rows as readonly {
        readonly name: string;
        readonly node: string;
      }[];
      expect(rows.map(({ name }) => name).sort()).toEqual([...cluster.names].sort());
      for (const { name, node } of rows) expect(text.stdout).toContain(`${name} (${node})`);
    }
    // Pictures too, of whichever node.
    for (const name of cluster.names) {
      const { status, headers, body } = await cluster.gateway(1).ask('GET', `/v1/channels/${name}/frame.mp4`);
      expect([status, headers['content-type']?.split(';')[0], body.length > 500]).toEqual([
        200,
        'video/mp4',
        true,
      ]);
    }
    const { stdout } = await cluster.command('channels', '--json', '--url', cluster.url(1));
    expect(JSON.parse(stdout)).toHaveLength(cluster.names.length);
  });

  test('an export is what was imported, and an import of it changes nothing', async (context) => {
    requirePeers(context, 'etcd');
    const { code, stdout } = await cluster.command('export', cluster.file);
    expect(code).toBe(0);
    const exported = parseConfiguration(stdout, cluster.file);
    expect(exported.faults).toEqual([]);
    expect([...exported.configuration!.channels.keys()].sort()).toEqual([...cluster.names].sort());
    // Labels have been added since then to one of them.
    const { stderr } = await cluster.command('import', cluster.file);
    expect(stderr).toMatch(`0 channels added, 1 changed, ${cluster.names.length - 1} as they were`);
  });

  test('the metrics of a node are those of its cluster', async (context) => {
    requirePeers(context, 'etcd');
    const metrics = async (number: number): Promise<Map<string, number>> => {
      const { body } = await cluster.gateway(number).ask('GET', '/metrics');
      const lines = String(body).matchAll(/^cloudpush_cluster_(\w+) (\S+)$/gm);
      return new Map([...lines].map(([, name, value]) => [name!, Number(value)]));
    };
    const [one, two] = await Promise.all([metrics(1), metrics(2)]);
    for (const node of [one!, two!]) {
      expect(node.get('lease_remaining_seconds')).toBeGreaterThan(0);
      expect(node.get('store_latency_seconds')).toBeGreaterThan(0);
      expect([node.get('unclaimed_slots'), node.get('nodes'), node.get('fences_total')]).toEqual([0, 2, 0]);
      expect(node.get('claims_total')).toBeGreaterThanOrEqual(node.get('slots')!);
    }
    expect(one!.get('slots')! + two!.get('slots')!).toBe(DEFAULT_SLOTS);
    // It has been drained.
    expect(one!.get('moves_total')).toBeGreaterThan(0);
  });

  test('a value in the store that is no channel is a fault of that channel at every node, and of nothing else', async (context) => {
    requirePeers(context, 'etcd');
    const name = 'damaged';
    const key = `cloudpush/test/channel/${slotOf(name, DEFAULT_SLOTS)}/${name}`;
    const at = ['--endpoints', cluster.etcd.endpoints[0]!];
    expect((await cluster.etcd.ctl(['put', key, '{ "source": ', ...at])).code).toBe(0);
    for (const number of [1, 2]) {
      const gateway = cluster.gateway(number);
      const state = await waitFor('the fault', 20_000, async () => {
        const { items } = (await gateway.ask('GET', '/v1/channels')).json;
        return items.find((one: { name: string }) => one.name === name);
      });
      expect(state).toMatchObject({
        state: 'offline',
        lastError: { message: expect.stringContaining(key) },
        node: expect.stringMatching(/^gateway-[12]$/),
      });
      const { json } = await gateway.ask('GET', `/v1/channels/${name}`);
      expect(json).toMatchObject({ configuration: {}, state: { lastError: state.lastError } });
      expect((await gateway.patch(name, { labels: {} })).status).toBe(422);
    }
    await cluster.untilPublishing();
    expect((await cluster.gateway(1).ask('DELETE', `/v1/channels/${name}`)).status).toBe(204);
    for (const number of [1, 2]) {
      await waitFor('the end of the fault', 20_000, async () => {
        const { status } = await cluster.gateway(number).ask('GET', `/v1/channels/${name}`);
        return status === 404 || undefined;
      });
    }
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
