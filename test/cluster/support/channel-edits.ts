import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer } from '../../../packages/cloudpush/dist/gateway/http/testing/ask.js';
import type { GatewayCluster } from './gateway-cluster.js';

/** Channels of one answer, and of one request. */
const PAGE = 1000;
const BATCH = 50;
/** Requests under way at a time. */
const AT_A_TIME = 16;
/** Before a request is made again that nobody answered, in ms. */
const AGAIN = 100;

interface ListedChannel {
  readonly name: string;
  readonly revision: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Changes channels through whichever node is there, until one has answered, and remembers the answers. */
export class ChannelEdits {
  readonly #cluster: GatewayCluster;
  readonly #random: () => number;
  /** Labels of each channel that are there for sure. */
  readonly expected = new Map<string, Set<string>>();
  changes = 0;

  constructor(cluster: GatewayCluster, random: () => number) {
    this.#cluster = cluster;
    this.#random = random;
    for (const name of cluster.names) this.expected.set(name, new Set());
  }

  /** Adds channels that do not run. */
  async add(names: readonly string[]): Promise<void> {
    const batches = Array.from({ length: Math.ceil(names.length / BATCH) }, (_, index) =>
      names.slice(index * BATCH, (index + 1) * BATCH),
    );
    await inTurns(batches, async (batch) => {
      const channels = batch.map((name) => ({
        name,
        configuration: {
          enabled: false,
          source: 'rtsp://camera.example/1',
          destinations: [`rtmp://cloud.example/live/${name}`],
        },
      }));
      // An answer that was lost: they are there already.
      await this.#ask('POST', '/v1/channels', channels, [201, 409]);
      for (const name of batch) this.expected.set(name, new Set());
      this.changes += batch.length;
    });
  }

  /** Two nodes give each channel a label of their own at the same time. */
  async label(names: readonly string[], label: string): Promise<void> {
    await inTurns(names, async (name) => {
      const both = [`${label}_a`, `${label}_b`];
      await Promise.all(
        both.map((one) =>
          this.#ask('PATCH', `/v1/channels/${name}`, { labels: { [one]: 'x' } }, [200]).then(() => {
            this.expected.get(name)!.add(one);
            this.changes++;
          }),
        ),
      );
    });
  }

  async remove(names: readonly string[]): Promise<void> {
    await inTurns(names, async (name) => {
      await this.#ask('DELETE', `/v1/channels/${name}`, undefined, [204, 404]);
      this.expected.delete(name);
      this.changes++;
    });
  }

  /** The channels as a node shows them. */
  async view(number: number): Promise<ReadonlyMap<string, ListedChannel>> {
    const all: ListedChannel[] = [];
    for (;;) {
      const path = `/v1/channels?limit=${PAGE}&offset=${all.length}`;
      const { json } = await this.#cluster.gateway(number).ask('GET', path);
      const items = json['items'] as readonly ListedChannel[];
      all.push(...items);
      if (items.length === 0 || all.length >= Number(json['total'])) break;
    }
    return new Map(all.map((one) => [one.name, one]));
  }

  /** Says what a node shows other than it is; empty: nothing. */
  async wrong(number: number): Promise<readonly string[]> {
    const view = await this.view(number);
    const missing = [...this.expected].filter(([name, labels]) => {
      const shown = Object.keys(view.get(name)?.labels ?? { none: '' });
      return shown.length !== labels.size || shown.some((label) => !labels.has(label));
    });
    const tooMany = [...view.keys()].filter((name) => !this.expected.has(name));
    return [...missing.map(([name]) => name), ...tooMany.map((name) => `${name}, which was removed`)];
  }

  async #ask(
    method: string,
    path: string,
    body: object | undefined,
    accepted: readonly number[],
  ): Promise<Answer> {
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    const options = {
      headers: { 'content-type': type },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    };
    for (;;) {
      const running = this.#cluster.running;
      const number = running[Math.floor(this.#random() * running.length)]!;
      const answer = await this.#cluster
        .gateway(number)
        .ask(method, path, options)
        .catch(() => undefined);
      if (answer !== undefined && accepted.includes(answer.status)) return answer;
      // A node that is not there any more, or whose store is not; or who others came before all the time.
      if (answer !== undefined && ![409, 503].includes(answer.status)) {
        throw new Error(`gateway ${number}, ${method} ${path}: ${answer.status} ${String(answer.body)}`);
      }
      await sleep(AGAIN);
    }
  }
}

/** Does something with each item, several at a time. */
async function inTurns<T>(items: readonly T[], action: (item: T) => Promise<void>): Promise<void> {
  const left = items.values();
  const worker = async (): Promise<void> => {
    for (const item of left) await action(item);
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, worker));
}
