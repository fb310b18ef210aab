// Random faults, one after the other, the same for the same seed:
// CLUSTER_FAULTS=200 CLUSTER_SEED=7 npx vitest run test/cluster/faults

import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { seeded } from '../../packages/cloudpush/dist/cluster/assignment/testing/seeded.js';
import { requirePeers } from '../support/peers.js';
import { GatewayCluster } from './support/gateway-cluster.js';

const FAULTS = Number(process.env['CLUSTER_FAULTS'] ?? 3);
const SEED = Number(process.env['CLUSTER_SEED'] ?? 1);
const GATEWAYS = 3;
/** A fault, and what follows it, may take so long on a busy machine, in ms. */
const FAULT_TIMEOUT = 120_000;

type Fault = (cluster: GatewayCluster, random: () => number) => Promise<string>;

const faults: readonly Fault[] = [
  async function restart(cluster, random) {
    const number = pick(random, GATEWAYS);
    await cluster.killGateway(number);
    await cluster.startGateway(number);
    return `gateway ${number} killed and started`;
  },
  async function stayAway(cluster, random) {
    const number = pick(random, GATEWAYS);
    await cluster.killGateway(number);
    await cluster.untilShared(GATEWAYS - 1);
    await cluster.untilPublishing();
    await cluster.startGateway(number);
    return `gateway ${number} away`;
  },
  async function pause(cluster, random) {
    const number = pick(random, GATEWAYS);
    const ms = 500 + random() * 12_000;
    const { child } = cluster.gateway(number).program;
    child.kill('SIGSTOP');
    await sleep(ms);
    child.kill('SIGCONT');
    return `gateway ${number} stopped for ${Math.round(ms)} ms`;
  },
  async function killLeader(cluster) {
    const leader = await cluster.etcd.leader();
    await cluster.etcd.killMember(leader);
    await sleep(3000);
    cluster.etcd.startMember(leader);
    return `leader of etcd, member ${leader}, killed`;
  },
  async function loseQuorum(cluster, random) {
    const ms = 2000 + random() * 12_000;
    await Promise.all([cluster.etcd.killMember(0), cluster.etcd.killMember(1)]);
    await sleep(ms);
    cluster.etcd.startMember(0);
    cluster.etcd.startMember(1);
    return `no quorum for ${Math.round(ms)} ms`;
  },
  async function pauseStore(cluster, random) {
    const member = Math.floor(random() * 3);
    const ms = 500 + random() * 8000;
    const { child } = cluster.etcd.program(member);
    child.kill('SIGSTOP');
    await sleep(ms);
    child.kill('SIGCONT');
    return `member ${member} of etcd stopped for ${Math.round(ms)} ms`;
  },
  async function drain(cluster, random) {
    const number = pick(random, GATEWAYS);
    await cluster.gateway(number).ask('POST', `/v1/cluster/nodes/gateway-${number}/drain`);
    await sleep(1000 + random() * 3000);
    await cluster.gateway(number).ask('POST', `/v1/cluster/nodes/gateway-${number}/resume`);
    return `gateway ${number} drained and resumed`;
  },
];

/** From 1 to `count`. */
function pick(random: () => number, count: number): number {
  return 1 + Math.floor(random() * count);
}

test('whatever happens, no two owners of a name interleave, and none stays away', {
  timeout: FAULT_TIMEOUT * (FAULTS + 2),
}, async (context) => {
  requirePeers(context, 'etcd');
  await using cluster = await GatewayCluster.start({ gateways: GATEWAYS, channels: 9, etcdMembers: 3 });
  const random = seeded(SEED);
  const log: string[] = [];
  for (let number = 0; number < FAULTS; number++) {
    const fault = faults[Math.floor(random() * faults.length)]!;
    log.push(await fault(cluster, random));
    await cluster.untilShared(GATEWAYS);
    await cluster.untilPublishing();
    const seen = cluster.receiver.interleaved();
    expect(seen, `seed ${SEED}:\n${log.join('\n')}`).toEqual([]);
    if (FAULTS > 10) console.info(`${number + 1}: ${log.at(-1)}`);
  }
});
