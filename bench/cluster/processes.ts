import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../support/peers.js';

const PROGRAM = fileURLToPath(new URL('../../../packages/cloudpush/bin/cloudpush.js', import.meta.url));
const LOOK = 100;

/** The cluster as a node of it tells. */
interface ClusterAnswer {
  readonly slots: { readonly unclaimed: number };
  readonly nodes: readonly { readonly id: string; readonly slots: number }[];
}

/**
 * A cluster of the benchmark: three etcd, and gateways, each in a process of its own, in a folder of its own.
 */
export class ClusterProcesses {
  readonly folder: string;
  readonly etcd: ChildProcess[] = [];
  readonly gateways: ChildProcess[] = [];
  readonly #etcdPorts: number[] = [];
  readonly #ports: number[] = [];

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** @param channels as in a configuration of the gateway */
  static async start(
    gateways: number,
    channels: Readonly<Record<string, unknown>>,
  ): Promise<ClusterProcesses> {
    const cluster = new ClusterProcesses(await mkdtemp(join(tmpdir(), 'cloudpush-bench-')));
    await cluster.#startEtcd(3);
    await cluster.#import(channels);
    for (let number = 1; number <= gateways; number++) await cluster.#startGateway(number);
    await until(async () => await cluster.isShared(gateways));
    return cluster;
  }

  get etcdPids(): number[] {
    return this.etcd.map(({ pid }) => pid!);
  }

  get gatewayPids(): number[] {
    return this.gateways.map(({ pid }) => pid!);
  }

  url(gateway: number): string {
    return `http://127.0.0.1:${this.#ports[gateway]}`;
  }

  async ask(gateway: number, path: string, init?: RequestInit): Promise<Response> {
    return await fetch(this.url(gateway) + path, init);
  }

  /** Whether so many nodes have all slots, and each has some. */
  async isShared(count: number): Promise<boolean> {
    try {
      const { slots, nodes } = (await (await this.ask(0, '/v1/cluster')).json()) as ClusterAnswer;
      return slots.unclaimed === 0 && nodes.length === count && nodes.every((node) => node.slots > 0);
    } catch {
      return false;
    }
  }

  /** Sum of a counter of all etcd. */
  async etcdMetric(name: string): Promise<number> {
    const counts = [...(await this.etcdMetricBy(name, '')).values()];
    return counts.reduce((sum, count) => sum + count, 0);
  }

  /** Sums of a counter of all etcd, by the value of one of its labels. */
  async etcdMetricBy(name: string, label: string): Promise<ReadonlyMap<string, number>> {
    const sums = new Map<string, number>();
    for (const port of this.#etcdPorts) {
      const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      for (const line of text.split('\n')) {
        if (!line.startsWith(`${name} `) && !line.startsWith(`${name}{`)) continue;
        const value = new RegExp(`[{,]${label}="([^"]*)"`).exec(line)?.[1] ?? '';
        sums.set(value, (sums.get(value) ?? 0) + Number(line.split(' ').at(-1)));
      }
    }
    return sums;
  }

  async stop(): Promise<void> {
    for (const child of [...this.gateways, ...this.etcd]) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    }
    await rm(this.folder, { recursive: true, force: true });
  }

  get #store(): string {
    return `etcd://${this.#etcdPorts.map((port) => `127.0.0.1:${port}`).join(',')}`;
  }

  async #startEtcd(count: number): Promise<void> {
    const peers: string[] = [];
    for (let index = 0; index < count; index++) {
      this.#etcdPorts.push(await freePort());
      peers.push(`http://127.0.0.1:${await freePort()}`);
    }
    const all = peers.map((peer, index) => `e${index}=${peer}`).join(',');
    for (const [index, peer] of peers.entries()) {
      const client = `http://127.0.0.1:${this.#etcdPorts[index]}`;
      const args = ['--name', `e${index}`, '--data-dir', join(this.folder, `e${index}`), '--logger', 'zap'];
      args.push('--listen-client-urls', client, '--advertise-client-urls', client, '--initial-cluster', all);
      args.push('--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer);
      this.etcd.push(spawn('etcd', args, { stdio: 'ignore' }));
    }
    await until(async () => {
      const health = await fetch(`http://127.0.0.1:${this.#etcdPorts[0]}/health`).catch(() => undefined);
      return health?.ok === true;
    });
  }

  async #import(channels: Readonly<Record<string, unknown>>): Promise<void> {
    const path = join(this.folder, 'channels.yaml');
    await writeFile(path, JSON.stringify({ version: 1, cluster: { store: this.#store }, channels }));
    const { status, stderr } = spawnSync(process.execPath, [PROGRAM, 'cluster', 'import', path]);
    if (status !== 0) throw new Error(String(stderr));
  }

  async #startGateway(number: number): Promise<void> {
    const port = await freePort();
    this.#ports.push(port);
    const path = join(this.folder, `gateway-${number}.yaml`);
    const configuration = {
      version: 1,
      log: { level: 'silent' },
      engine: { poolSize: '256MiB', maxConnections: 1000 },
      api: { listen: `127.0.0.1:${port}` },
      cluster: { store: this.#store, node: `gateway-${number}`, folder: join(this.folder, `node-${number}`) },
      channelDefaults: { destination: { reconnect: { initial: '100ms', max: '1s' } } },
      channels: {},
    };
    await writeFile(path, JSON.stringify(configuration));
    const child = spawn(process.execPath, [PROGRAM, 'gateway', path], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    this.gateways.push(child);
  }
}

/** Looks again and again until something is so. @throws Error after two minutes */
export async function until(isSo: () => Promise<boolean> | boolean): Promise<void> {
  const end = performance.now() + 120_000;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error('waited two minutes in vain');
    await new Promise((resolve) => setTimeout(resolve, LOOK));
  }
}
