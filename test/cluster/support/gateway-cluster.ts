import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClusterState } from '../../../packages/cloudpush/dist/gateway/state.js';
import { GatewayProgram } from '../../gateway/support/gateway-program.js';
import { COMMAND } from '../../support/cloudpush.js';
import { clip } from '../../support/media.js';
import { freePort } from '../../support/ports.js';
import { type ProcessResult, run } from '../../support/process.js';
import { TempFolder } from '../../support/temp.js';
import { waitFor } from '../../support/wait.js';
import { EpochReceiver } from './epoch-receiver.js';
import { EtcdProcesses } from './etcd.js';
import type { Namespaces } from './namespaces.js';

/** The shortest lease that is permitted, in s. */
export const TTL = 6;
/** Of the API of gateways that others than loopback reach. */
const TOKEN = 'a-token-of-tests-0123456789';

export interface ClusterSettings {
  readonly gateways?: number;
  readonly channels?: number;
  readonly etcdMembers?: number;
  readonly isolation?: 'fence' | 'continue';
  /** s; default: the shortest that is permitted. */
  readonly ttl?: number;
  /** Whether the channels run; default: true. */
  readonly isEnabled?: boolean;
  /** Of all channels; default: the bundled clip, again and again. */
  readonly source?: unknown;
  /** The program that the gateways are at first: `cloudpush.js` of another version; default: this one. */
  readonly program?: string | undefined;
  /** The receiver keeps the pictures. */
  readonly slices?: boolean;
  /** Bytes that each member of etcd may keep. */
  readonly quota?: number;
  /** The wall clock of each gateway can be set: {@link GatewayCluster.setClock}. */
  readonly clocks?: boolean;
  /** `host:port` of the HTTP proxy by which each gateway reaches the receiver; default: none. */
  readonly proxy?: (gateway: number) => Promise<string>;
  /** Each gateway runs in its own of these; default: in none. */
  readonly namespaces?: Namespaces;
  /** Further destinations of each channel; default: none. */
  readonly destinations?: (name: string) => readonly string[];
  /** Connections that a gateway may have; default: 64. */
  readonly maxConnections?: number;
  /** Where each gateway finds the store; default: etcd itself. */
  readonly endpoints?: (
    etcd: EtcdProcesses,
    gateway: number,
  ) => Promise<readonly string[]> | readonly string[];
}

/** Real gateways on a real etcd, which push the bundled clip to a receiver that knows the owners apart. */
export class GatewayCluster implements AsyncDisposable {
  readonly etcd: EtcdProcesses;
  readonly receiver: EpochReceiver;
  readonly names: readonly string[];
  readonly #folder: TempFolder;
  readonly #settings: ClusterSettings;
  readonly #ports: number[] = [];
  readonly #gateways = new Map<number, GatewayProgram>();

  private constructor(
    etcd: EtcdProcesses,
    receiver: EpochReceiver,
    folder: TempFolder,
    settings: ClusterSettings,
  ) {
    this.etcd = etcd;
    this.receiver = receiver;
    this.#folder = folder;
    this.#settings = settings;
    this.names = Array.from({ length: settings.channels ?? 6 }, (_, index) => `camera-${index + 1}`);
  }

  /** With all channels in the store, and all gateways running and publishing. */
  static async start(settings: ClusterSettings = {}): Promise<GatewayCluster> {
    const folder = await TempFolder.create();
    const etcd = await EtcdProcesses.start({
      members: settings.etcdMembers ?? 1,
      ...(settings.quota === undefined ? {} : { quota: settings.quota }),
      address: settings.namespaces?.address('store'),
    });
    const cluster = new GatewayCluster(
      etcd,
      await EpochReceiver.listen(settings.slices ?? false, settings.namespaces?.address('media')),
      folder,
      settings,
    );
    try {
      await cluster.#begin();
    } catch (error) {
      const told = [...cluster.#gateways.values()].map(({ program }) => program.describe());
      await cluster[Symbol.asyncDispose]();
      throw new Error(told.join('\n'), { cause: error });
    }
    return cluster;
  }

  /** The file that the channels were imported from; it names the store. */
  get file(): string {
    return this.#folder.file('import.yaml');
  }

  gateway(number: number): GatewayProgram {
    return this.#gateways.get(number)!;
  }

  get running(): readonly number[] {
    return [...this.#gateways].flatMap(([number, { program }]) => (program.running ? [number] : []));
  }

  async startGateway(number: number, program?: string): Promise<void> {
    const configuration = await this.#configuration(number);
    const environment = this.#settings.clocks === true ? await this.#clockEnvironment(number) : {};
    const { namespaces } = this.#settings;
    const place = namespaces === undefined ? {} : { within: namespaces.command(number), token: TOKEN };
    this.#gateways.set(number, await GatewayProgram.open(configuration, environment, program, place));
  }

  /** Sets the wall clock of a gateway apart from that of the machine, by so many s, from now on. */
  async setClock(number: number, ahead: number): Promise<void> {
    await writeFile(this.#clockFile(number), ahead < 0 ? String(ahead) : `+${ahead}`);
  }

  #clockFile(number: number): string {
    return this.#folder.file(`clock-${number}`);
  }

  async #clockEnvironment(number: number): Promise<NodeJS.ProcessEnv> {
    await this.setClock(number, 0);
    return {
      LD_PRELOAD: '/usr/$LIB/faketime/libfaketimeMT.so.1',
      FAKETIME_TIMESTAMP_FILE: this.#clockFile(number),
      FAKETIME_CACHE_DURATION: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    };
  }

  async killGateway(number: number): Promise<void> {
    const { program } = this.gateway(number);
    program.child.kill('SIGKILL');
    await program.exited;
  }

  async state(number: number): Promise<ClusterState> {
    return (await this.gateway(number).ask('GET', '/v1/cluster')).json as unknown as ClusterState;
  }

  /** Runs `cloudpush cluster`. */
  async command(...args: readonly string[]): Promise<ProcessResult> {
    return await run(process.execPath, [COMMAND, 'cluster', ...args]);
  }

  /** What the gateways that run have told of a channel, and of the cluster, latest last. */
  logOf(name: string): readonly string[] {
    return [...this.#gateways].flatMap(([number, { program }]) =>
      `${program.stdout}${program.stderr}`
        .split('\n')
        .filter((line) => line.includes(`"${name}"`) || line.includes('"cluster'))
        .slice(-12)
        .map((line) => `gateway ${number}: ${line}`),
    );
  }

  url(number: number): string {
    return this.gateway(number).url;
  }

  /** New frames of every channel arrive. */
  async untilPublishing(timeoutMs = 60_000): Promise<void> {
    const before = new Map(this.names.map((name) => [name, this.receiver.frames(name)]));
    const missing = (): string[] =>
      this.names.filter((name) => this.receiver.frames(name) < before.get(name)! + 5);
    try {
      await waitFor('media of all channels', timeoutMs, () => missing().length === 0 || undefined);
    } catch (cause) {
      const told = [...this.#gateways.values()].map(({ program }) => program.describe());
      throw new Error(`no media of ${missing().join(', ')}\n${told.join('\n')}`, { cause });
    }
  }

  /** The nodes that see each other share the slots, and none is left over. */
  async untilShared(count: number, timeoutMs = 60_000): Promise<void> {
    let states: readonly ClusterState[] = [];
    try {
      await waitFor(`slots shared by ${count}`, timeoutMs, async () => {
        states = await Promise.all(this.running.map((number) => this.state(number)));
        const isShared = states.every(
          ({ state, slots, nodes }) =>
            state !== 'isolated' &&
            slots.unclaimed === 0 &&
            nodes.filter((node) => node.slots > 0).length === count,
        );
        return (states.length > 0 && isShared) || undefined;
      });
    } catch (cause) {
      const told = [...this.#gateways.values()].map(({ program }) => program.describe());
      throw new Error([...states.map((state) => JSON.stringify(state)), ...told].join('\n'), { cause });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#gateways.values()].map((gateway) => gateway[Symbol.asyncDispose]()));
    await this.receiver[Symbol.asyncDispose]();
    await this.etcd[Symbol.asyncDispose]();
    await this.#folder[Symbol.asyncDispose]();
  }

  async #begin(): Promise<void> {
    const { gateways = 3, program } = this.#settings;
    await this.#writeFile();
    const { code, stderr } = await this.command('import', this.file);
    if (code !== 0) throw new Error(stderr);
    const numbers = Array.from({ length: gateways }, (_, index) => index + 1);
    for (const number of numbers) this.#ports[number] = await freePort();
    await Promise.all(numbers.map((number) => this.startGateway(number, program)));
    await this.untilShared(gateways);
    if (this.#settings.isEnabled !== false) await this.untilPublishing();
  }

  async #writeFile(): Promise<void> {
    const channels = this.names.map((name) => {
      const source = this.#settings.source ?? { file: clip.video, loop: true };
      const enabled = this.#settings.isEnabled ?? true;
      const urls = [this.receiver.url(name), ...(this.#settings.destinations?.(name) ?? [])];
      return [name, { enabled, source, destinations: urls.map((url) => ({ url })) }] as const;
    });
    const cluster = { store: `etcd://${this.etcd.endpoints.join(',')}`, name: 'test' };
    const channelsByName = Object.fromEntries(channels);
    await writeFile(this.file, JSON.stringify({ version: 1, cluster, channels: channelsByName }));
  }

  async #endpoints(number: number): Promise<readonly string[]> {
    const { endpoints, namespaces } = this.#settings;
    if (namespaces === undefined) return (await endpoints?.(this.etcd, number)) ?? this.etcd.endpoints;
    const address = namespaces.address('store');
    return this.etcd.endpoints.map((one) => one.replace('127.0.0.1', address));
  }

  async #configuration(number: number): Promise<string> {
    const folder = this.#folder.file(`gateway-${number}`);
    await mkdir(folder, { recursive: true });
    const endpoints = await this.#endpoints(number);
    const { namespaces } = this.#settings;
    const host = namespaces?.gatewayAddress(number) ?? '127.0.0.1';
    const proxy = await this.#settings.proxy?.(number);
    const path = join(folder, 'gateway.yaml');
    const configuration = {
      version: 1,
      log: { level: 'info', format: 'json' },
      engine: { poolSize: '32MiB', maxConnections: this.#settings.maxConnections ?? 64, shards: 1 },
      api: {
        listen: `${host}:${this.#ports[number]}`,
        ...(namespaces !== undefined && { token: TOKEN }),
      },
      cluster: {
        store: `etcd://${endpoints.join(',')}`,
        name: 'test',
        node: `gateway-${number}`,
        ttl: `${this.#settings.ttl ?? TTL}s`,
        isolation: this.#settings.isolation ?? 'fence',
      },
      channelDefaults: {
        destination: {
          reconnect: { initial: '100ms', max: '1s' },
          ...(proxy === undefined ? {} : { proxy: `http://${proxy}` }),
        },
      },
      channels: {},
    };
    await writeFile(path, JSON.stringify(configuration));
    return path;
  }
}
