// A rolling upgrade as the guide has it: each node is drained, ends and comes back, while all channels go on;
// from an earlier version, where CLUSTER_FROM names the folder of one that is built.

import { join } from 'node:path';
import { expect, test } from 'vitest';
import { GROUP, ScriptedCamera } from '../engine/scripted-camera.js';
import { requirePeers } from '../support/peers.js';
import { waitFor } from '../support/wait.js';
import { continuity } from './support/continuity.js';
import { GatewayCluster } from './support/gateway-cluster.js';

const TIMEOUT = 400_000;
const GATEWAYS = 3;
const CHANNELS = 12;
/** Level of the log from which on a line tells a fault. */
const WARN = 40;
/** The receiver may be too slow for a moment, on a busy machine: that is no fault of an upgrade. */
const SLOW_RECEIVER = /is degraded/;

const earlier = process.env['CLUSTER_FROM'];

/** Lines of a gateway's log that tell a fault. */
function faultsIn(log: string): readonly string[] {
  const lines = log.split('\n').filter((line) => line.startsWith('{'));
  return lines.filter((line) => JSON.parse(line).level >= WARN && !SLOW_RECEIVER.test(line));
}

test('all nodes are drained and upgraded one after the other, and no channel loses more than a group of pictures', {
  timeout: TIMEOUT,
}, async (context) => {
  requirePeers(context, 'etcd');
  await using camera = await ScriptedCamera.listen({ live: true });
  await using cluster = await GatewayCluster.start({
    gateways: GATEWAYS,
    channels: CHANNELS,
    // No lease is to end, however busy the machine is.
    ttl: 30,
    source: { url: camera.url.replace(/\?.*/, '') },
    slices: true,
    program: earlier && join(earlier, 'packages/cloudpush/bin/cloudpush.js'),
  });
  const owners = (): number =>
    cluster.names.reduce((sum, name) => sum + cluster.receiver.owners(name).length, 0);
  const before = owners();
  const faults: string[] = [];
  for (let number = 1; number <= GATEWAYS; number++) {
    const other = cluster.url((number % GATEWAYS) + 1);
    const { code } = await cluster.command('drain', `gateway-${number}`, '--url', other);
    expect(code).toBe(0);
    await waitFor('no slots', 60_000, async () => (await cluster.state(number)).slots.own === 0 || undefined);
    const gateway = cluster.gateway(number);
    expect((await gateway.stop()).code).toBe(0);
    faults.push(...faultsIn(gateway.program.stderr));
    await cluster.startGateway(number);
    await cluster.untilShared(GATEWAYS);
    await cluster.untilPublishing();
  }
  for (let number = 1; number <= GATEWAYS; number++) {
    expect((await cluster.state(number)).fences).toBe(0);
    faults.push(...faultsIn(cluster.gateway(number).program.stderr));
  }
  expect(cluster.receiver.interleaved()).toEqual([]);
  // Each node has given away what it had, and has its share again.
  expect(owners() - before).toBeGreaterThanOrEqual(CHANNELS);
  const seen = cluster.names.map((name) => ({ name, ...continuity(cluster.receiver.slices(name)) }));
  if (process.env['CLUSTER_GAPS'] !== undefined) {
    console.info(`${owners() - before} moves, pictures lost and doubled: ${JSON.stringify(seen)}`);
  }
  for (const { name, twice, gap } of seen) {
    expect(gap, name).toBeLessThanOrEqual(GROUP);
    // An owner of an earlier version may not tell which key frame it has ended before.
    expect(twice, name).toBeLessThanOrEqual(earlier === undefined ? 0 : GROUP);
  }
  expect(faults).toEqual([]);
});
