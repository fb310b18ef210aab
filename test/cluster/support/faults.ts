import { setTimeout as sleep } from 'node:timers/promises';
import { EtcdStore } from '../../../packages/cloudpush/dist/cluster/store/etcd/etcd-store.js';
import { GatewayCluster } from './gateway-cluster.js';
import { TcpGate } from './tcp-gate.js';

export const GATEWAYS = 3;
const MEMBERS = 3;
/** Bytes that etcd may keep: little enough to be filled by a test. */
const QUOTA = 16 * 2 ** 20;
const FILLER = 'filler/';

/** The ways of one gateway to the store and to the receiver, which may be cut. */
interface Ways {
  readonly store: readonly TcpGate[];
  readonly media: TcpGate;
}

/**
 * A cluster that faults are made in: each gateway has its own clock, and its own ways to the store and the
 * receiver.
 */
export class FaultyCluster implements AsyncDisposable {
  readonly cluster: GatewayCluster;
  readonly #ways: ReadonlyMap<number, Ways>;

  private constructor(cluster: GatewayCluster, ways: ReadonlyMap<number, Ways>) {
    this.cluster = cluster;
    this.#ways = ways;
  }

  static async start(channels: number): Promise<FaultyCluster> {
    const ways = new Map<number, Ways>();
    const cluster = await GatewayCluster.start({
      gateways: GATEWAYS,
      channels,
      etcdMembers: MEMBERS,
      quota: QUOTA,
      clocks: true,
      async endpoints({ endpoints }, gateway) {
        const known = ways.get(gateway);
        const store = known?.store ?? (await Promise.all(endpoints.map((one) => TcpGate.open(one))));
        if (known === undefined) ways.set(gateway, { store, media: await TcpGate.openProxy() });
        return store.map(({ endpoint }) => endpoint);
      },
      proxy: async (gateway) => ways.get(gateway)!.media.endpoint,
    });
    return new FaultyCluster(cluster, ways);
  }

  /** Cuts a gateway off from the store, from the receiver, or from both, for a time. */
  async cut(gateway: number, what: 'store' | 'media' | 'both', ms: number): Promise<void> {
    const { store, media } = this.#ways.get(gateway)!;
    const gates = what === 'store' ? store : what === 'media' ? [media] : [...store, media];
    for (const gate of gates) gate.cut();
    await sleep(ms);
    for (const gate of gates) gate.mend();
  }

  /** Stops processes, as a machine that is suspended with them, for a time. */
  async suspend(gateways: readonly number[], members: readonly number[], ms: number): Promise<void> {
    const { cluster } = this;
    const programs = [
      ...gateways.map((number) => cluster.gateway(number).program),
      ...members.map((index) => cluster.etcd.program(index)),
    ];
    for (const { child } of programs) child.kill('SIGSTOP');
    await sleep(ms);
    for (const { child } of programs) child.kill('SIGCONT');
  }

  /** Writes until the store takes nothing more, as its disk is full. */
  async fillStore(): Promise<void> {
    const store = new EtcdStore({ endpoints: this.cluster.etcd.endpoints });
    const value = 'x'.repeat(2 ** 20);
    try {
      for (let number = 0; number < 64; number++) {
        await store.change([{ key: FILLER + number, value, revision: undefined }]);
      }
      throw new Error('etcd has taken 64 MiB: it has no quota');
    } catch (error) {
      if (!/database space exceeded/.test((error as Error).message)) throw error;
    } finally {
      store.close();
    }
  }

  /** Makes room in the store again, as an operator does. */
  async clearStore(): Promise<void> {
    const { etcd } = this.cluster;
    const endpoints = etcd.endpoints.join(',');
    const ctl = async (...args: readonly string[]): Promise<string> => {
      const { code, stdout, stderr } = await etcd.ctl([...args, '--endpoints', endpoints]);
      if (code !== 0) throw new Error(`etcdctl ${args.join(' ')}: ${stderr}`);
      return stdout;
    };
    await ctl('del', FILLER, '--prefix');
    const [{ Status }] = JSON.parse(await ctl('endpoint', 'status', '-w', 'json')) as [
      { Status: { header: { revision: number } } },
    ];
    await ctl('compact', String(Status.header.revision));
    // A member is away while it is defragmented: one after the other.
    for (const endpoint of etcd.endpoints) {
      const { code, stderr } = await etcd.ctl(['defrag', '--endpoints', endpoint]);
      if (code !== 0) throw new Error(`etcdctl defrag: ${stderr}`);
    }
    await ctl('alarm', 'disarm');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cluster[Symbol.asyncDispose]();
    for (const { store, media } of this.#ways.values()) {
      for (const gate of [...store, media]) await gate[Symbol.asyncDispose]();
    }
  }
}

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
