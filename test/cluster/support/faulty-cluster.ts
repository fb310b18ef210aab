import { setTimeout as sleep } from 'node:timers/promises';
import { EtcdStore } from '../../../packages/cloudpush/dist/cluster/store/etcd/etcd-store.js';
import { type ClusterSettings, GatewayCluster } from './gateway-cluster.js';
import type { Namespaces } from './namespaces.js';
import { TcpGate } from './tcp-gate.js';

/** Bytes that etcd may keep: little enough to be filled by a test. */
const QUOTA = 16 * 2 ** 20;
const FILLER = 'filler/';

/** A gateway is cut off from the store, from the receivers of media, or from both. */
type Cut = 'store' | 'media' | 'both';

/** The ways of the gateways to the store and to the receivers, which may be cut. */
interface Ways extends AsyncDisposable {
  readonly settings: ClusterSettings;
  cut(gateway: number, what: Cut): void;
  mend(gateway: number, what: Cut): void;
}

/** A cluster that faults are made in: each gateway has its own clock, and its own ways. */
export class FaultyCluster implements AsyncDisposable {
  readonly cluster: GatewayCluster;
  readonly #ways: Ways;

  private constructor(cluster: GatewayCluster, ways: Ways) {
    this.cluster = cluster;
    this.#ways = ways;
  }

  /** @param namespaces that the gateways run in, which end with the cluster; undefined: all is on loopback */
  static async start(namespaces: Namespaces | undefined, settings: ClusterSettings): Promise<FaultyCluster> {
    const ways = namespaces === undefined ? gateWays() : namespaceWays(namespaces);
    try {
      const all = { quota: QUOTA, clocks: true, ...settings, ...ways.settings };
      return new FaultyCluster(await GatewayCluster.start(all), ways);
    } catch (error) {
      await ways[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Cuts a gateway off from that for a time. */
  async cut(gateway: number, what: Cut, ms: number): Promise<void> {
    await this.cutWhile(gateway, what, () => sleep(ms));
  }

  /** The same until something is over. */
  async cutWhile(gateway: number, what: Cut, action: () => Promise<void>): Promise<void> {
    this.#ways.cut(gateway, what);
    try {
      await action();
    } finally {
      this.#ways.mend(gateway, what);
    }
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
    await this.#ways[Symbol.asyncDispose]();
  }
}

/** Ways on loopback, through proxies of this process that can stand still. */
function gateWays(): Ways {
  const gates = new Map<number, { readonly store: readonly TcpGate[]; readonly media: TcpGate }>();
  const those = (gateway: number, what: Cut): readonly TcpGate[] => {
    const { store, media } = gates.get(gateway)!;
    return what === 'store' ? store : what === 'media' ? [media] : [...store, media];
  };
  return {
    settings: {
      async endpoints({ endpoints }, gateway) {
        const known = gates.get(gateway);
        const store = known?.store ?? (await Promise.all(endpoints.map((one) => TcpGate.open(one))));
        if (known === undefined) gates.set(gateway, { store, media: await TcpGate.openProxy() });
        return store.map(({ endpoint }) => endpoint);
      },
      proxy: async (gateway) => gates.get(gateway)!.media.endpoint,
    },
    cut(gateway, what) {
      for (const gate of those(gateway, what)) gate.cut();
    },
    mend(gateway, what) {
      for (const gate of those(gateway, what)) gate.mend();
    },
    async [Symbol.asyncDispose]() {
      for (const { store, media } of gates.values()) {
        for (const gate of [...store, media]) await gate[Symbol.asyncDispose]();
      }
    },
  };
}

/** Ways through links between network namespaces, which can be taken down. */
function namespaceWays(namespaces: Namespaces): Ways {
  const set = (gateway: number, what: Cut, state: 'up' | 'down'): void => {
    for (const side of what === 'both' ? (['store', 'media'] as const) : [what]) {
      namespaces.set(gateway, side, state);
    }
  };
  return {
    settings: { namespaces },
    cut: (gateway, what) => set(gateway, what, 'down'),
    mend: (gateway, what) => set(gateway, what, 'up'),
    async [Symbol.asyncDispose]() {
      namespaces[Symbol.dispose]();
    },
  };
}
