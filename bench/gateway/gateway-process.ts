import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../support/peers.js';

const PROGRAM = fileURLToPath(new URL('../../../packages/cloudpush/bin/cloudpush.js', import.meta.url));

/** The task of the gateway. */
export interface GatewaySetup {
  readonly cameraPort: number;
  readonly receiverPort: number;
  readonly channels: number;
  readonly destinations: number;
  /** Worker threads; undefined: the gateway's own choice. */
  readonly shards?: number | undefined;
}

/** A sample of Prometheus: labels and value. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** `cloudpush gateway` as its users run it. */
export class GatewayProcess {
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #setup: GatewaySetup;
  readonly #port: number;
  /** The text that it has written to its standard error. */
  log = '';

  private constructor(child: ChildProcess, folder: string, setup: GatewaySetup, port: number) {
    this.#child = child;
    this.pid = child.pid!;
    this.#folder = folder;
    this.#setup = setup;
    this.#port = port;
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.log += text;
    });
  }

  static async start(setup: GatewaySetup): Promise<GatewayProcess> {
    const folder = await mkdtemp(join(tmpdir(), 'cloudpush-bench-'));
    const port = await freePort();
    const path = join(folder, 'gateway.yaml');
    await writeFile(path, configuration(setup, port, 0));
    const child = spawn(process.execPath, [PROGRAM, 'gateway', path], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    return new GatewayProcess(child, folder, setup, port);
  }

  /** Writes the configuration anew, with other labels: everything goes on. */
  async reload(revision: number): Promise<void> {
    await writeFile(join(this.#folder, 'gateway.yaml'), configuration(this.#setup, this.#port, revision));
  }

  /** The samples of a metric. */
  async metric(name: string): Promise<Sample[]> {
    const response = await fetch(`http://127.0.0.1:${this.#port}/metrics`);
    const lines = (await response.text()).split('\n').filter((line) => line.startsWith(`${name}{`));
    return lines.map((line) => {
      const [, labels = '', value = ''] = /\{(.*)\} (\S+)/.exec(line) ?? [];
      const pairs = [...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, text]) => [key!, text!] as const);
      return { labels: Object.fromEntries(pairs), value: Number(value) };
    });
  }

  /** @returns the exit code */
  async stop(): Promise<number | null> {
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    const [code] = (await exited) as [number | null];
    await rm(this.#folder, { recursive: true });
    return code;
  }
}

function configuration(setup: GatewaySetup, port: number, revision: number): string {
  const { cameraPort, receiverPort, channels, destinations, shards } = setup;
  const threads = shards === undefined ? '' : `, shards: ${shards}`;
  const lines = [
    'version: 1',
    'log: { level: error }',
    `engine: { poolSize: 512MiB, maxConnections: ${channels * destinations + 16}${threads} }`,
    `api: { listen: "127.0.0.1:${port}" }`,
    'channelDefaults: { sourceTimeout: 3s, sourceRetry: { initial: 200ms, max: 2s }, destination: { reconnect: { initial: 200ms, max: 2s } } }',
    'channels:',
  ];
  for (let i = 0; i < channels; i++) {
    const urls = Array.from(
      { length: destinations },
      (_, d) => `{ name: d${d}, url: "rtmp://127.0.0.1:${receiverPort}/live/c${i}-d${d}" }`,
    );
    lines.push(
      `  c${i}: { labels: { revision: "${revision}" }, source: "rtsp://127.0.0.1:${cameraPort}/${i}", destinations: [ ${urls.join(', ')} ] }`,
    );
  }
  return `${lines.join('\n')}\n`;
}
