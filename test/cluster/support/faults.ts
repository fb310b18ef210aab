import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultyCluster } from './faulty-cluster.js';

/** Gateways, and members of etcd, of a cluster that these faults are made in. */
export const GATEWAYS = 3;
export const MEMBERS = 3;

/** Makes a fault, and ends it. @returns says what it was */
export type Fault = (faulty: FaultyCluster, random: () => number) => Promise<string>;

/** Faults by name. */
export const faults = {
  async restart({ cluster }, random) {
    const number = pick(random, GATEWAYS);
    await cluster.killGateway(number);
    await cluster.startGateway(number);
    return `gateway ${number} killed and started`;
  },

  async stayAway({ cluster }, random) {
    const number = pick(random, GATEWAYS);
    await cluster.killGateway(number);
    await cluster.untilShared(GATEWAYS - 1);
    await cluster.untilPublishing();
    await cluster.startGateway(number);
    return `gateway ${number} away`;
  },

  async pause(faulty, random) {
    const number = pick(random, GATEWAYS);
    const ms = 500 + random() * 12_000;
    await faulty.suspend([number], [], ms);
    return `gateway ${number} stopped for ${Math.round(ms)} ms`;
  },

  async suspendMachine(faulty, random) {
    const number = pick(random, GATEWAYS);
    const ms = 500 + random() * 14_000;
    await faulty.suspend([number], [number - 1], ms);
    return `gateway ${number} and a member of etcd suspended for ${Math.round(ms)} ms`;
  },

  async suspendAll(faulty, random) {
    const ms = 500 + random() * 14_000;
    await faulty.suspend([1, 2, 3], [0, 1, 2], ms);
    return `everything suspended for ${Math.round(ms)} ms`;
  },

  async cutOff(faulty, random) {
    const number = pick(random, GATEWAYS);
    const what = (['store', 'media', 'both'] as const)[pick(random, 3) - 1]!;
    const ms = 500 + random() * 14_000;
    await faulty.cut(number, what, ms);
    return `gateway ${number} cut off from ${what} for ${Math.round(ms)} ms`;
  },

  async killLeader({ cluster }) {
    const leader = await cluster.etcd.leader();
    await cluster.etcd.killMember(leader);
    await sleep(3000);
    cluster.etcd.startMember(leader);
    return `leader of etcd, member ${leader}, killed`;
  },

  async loseQuorum({ cluster }, random) {
    const ms = 2000 + random() * 12_000;
    await Promise.all([cluster.etcd.killMember(0), cluster.etcd.killMember(1)]);
    await sleep(ms);
    cluster.etcd.startMember(0);
    cluster.etcd.startMember(1);
    return `no quorum for ${Math.round(ms)} ms`;
  },

  async pauseStore(faulty, random) {
    const member = Math.floor(random() * MEMBERS);
    const ms = 500 + random() * 8000;
    await faulty.suspend([], [member], ms);
    return `member ${member} of etcd stopped for ${Math.round(ms)} ms`;
  },

  async fullStore(faulty, random) {
    const { cluster } = faulty;
    await faulty.fillStore();
    // Leases are kept alive by a store that is full, and so is what runs.
    await sleep(random() * 8000);
    await cluster.untilPublishing();
    const number = random() < 0.5 ? pick(random, GATEWAYS) : undefined;
    if (number !== undefined) await cluster.killGateway(number);
    await sleep(random() * 8000);
    if (number !== undefined) await cluster.startGateway(number);
    await faulty.clearStore();
    return `disk of etcd full${number === undefined ? '' : `, gateway ${number} restarted meanwhile`}`;
  },

  async stepClock({ cluster }, random) {
    const number = pick(random, GATEWAYS);
    const seconds = Math.round((random() - 0.5) * 200_000);
    await cluster.setClock(number, seconds);
    await sleep(2000 + random() * 6000);
    await cluster.untilPublishing();
    if (random() < 0.5) await cluster.setClock(number, 0);
    return `clock of gateway ${number} set to ${seconds} s off`;
  },

  async drain({ cluster }, random) {
    const number = pick(random, GATEWAYS);
    await cluster.gateway(number).ask('POST', `/v1/cluster/nodes/gateway-${number}/drain`);
    await sleep(1000 + random() * 3000);
    await cluster.gateway(number).ask('POST', `/v1/cluster/nodes/gateway-${number}/resume`);
    return `gateway ${number} drained and resumed`;
  },

  async stopCleanly({ cluster }, random) {
    const number = pick(random, GATEWAYS);
    await cluster.gateway(number).stop();
    await cluster.startGateway(number);
    return `gateway ${number} ended and started, as in an upgrade`;
  },
} as const satisfies Readonly<Record<string, Fault>>;

/** From 1 to `count`. */
function pick(random: () => number, count: number): number {
  return 1 + Math.floor(random() * count);
}
