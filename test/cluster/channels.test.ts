// Specifications of channels, which are added, changed and removed through any node while nodes come and go:
// CLUSTER_CHANNELS=2000 npx vitest run test/cluster/channels

import { expect, test } from 'vitest';
import { seeded } from '../../packages/cloudpush/dist/cluster/assignment/testing/seeded.js';
import { requirePeers } from '../support/peers.js';
import { waitFor } from '../support/wait.js';
import { ChannelEdits } from './support/channel-edits.js';
import { GatewayCluster } from './support/gateway-cluster.js';

const CHANNELS = Number(process.env['CLUSTER_CHANNELS'] ?? 120);
const TIMEOUT = 300_000 + CHANNELS * 300;
const GATEWAYS = 3;
/** Channels that are changed before it is looked whether the nodes still come and go. */
const ROUND = 20;

/** A node is killed, one ends and hands over, and one gives all away and takes it back. */
async function comeAndGo(cluster: GatewayCluster): Promise<void> {
  await cluster.killGateway(3);
  await cluster.startGateway(3);
  await cluster.gateway(2).stop();
  await cluster.startGateway(2);
  for (const action of ['drain', 'resume']) {
    await cluster.gateway(1).ask('POST', `/v1/cluster/nodes/gateway-1/${action}`);
  }
}

test('of changes through any node while nodes come and go none is lost, and all nodes show the same', {
  timeout: TIMEOUT,
}, async (context) => {
  requirePeers(context, 'etcd');
  const half = CHANNELS / 2;
  await using cluster = await GatewayCluster.start({
    gateways: GATEWAYS,
    channels: half,
    etcdMembers: 3,
    isEnabled: false,
  });
  const edits = new ChannelEdits(cluster, seeded(1));
  const added = Array.from({ length: half }, (_, index) => `door-${index + 1}`);
  let isOver = false;
  const going = comeAndGo(cluster).finally(() => {
    isOver = true;
  });
  await edits.add(added);
  const names = [...edits.expected.keys()];
  const kept = names.filter((_, index) => index % 5 !== 0);
  await edits.label(names, 'first');
  await edits.remove(names.filter((_, index) => index % 5 === 0));
  for (let round = 0; !isOver; round++) {
    const at = (round * ROUND) % kept.length;
    await edits.label(kept.slice(at, at + ROUND), `round${round}`);
  }
  await going;
  await cluster.untilShared(GATEWAYS);
  await edits.label(kept, 'last');
  const done = performance.now();
  const numbers = Array.from({ length: GATEWAYS }, (_, index) => index + 1);
  let wrong: readonly (readonly string[])[] = [];
  let begun = done;
  await waitFor('views that agree', 60_000, async () => {
    begun = performance.now();
    wrong = await Promise.all(numbers.map((number) => edits.wrong(number)));
    return wrong.every((one) => one.length === 0) || undefined;
  }).catch(() => {});
  const [stale, look] = [begun - done, performance.now() - begun].map(Math.round);
  expect(wrong).toEqual(numbers.map(() => []));
  expect(edits.expected.size).toBe(kept.length);
  const [first, ...others] = await Promise.all(numbers.map((number) => edits.view(number)));
  const revisions = (view: typeof first) => [...view!].map(([name, { revision }]) => [name, revision]);
  for (const other of others) expect(revisions(other)).toEqual(revisions(first));
  if (process.env['CLUSTER_CHANNELS'] !== undefined) {
    console.info(
      `${CHANNELS} channels, ${edits.changes} changes: the look that began ${stale} ms after the last one saw all of them at ` +
        `all nodes; it took ${look} ms`,
    );
  }
});
