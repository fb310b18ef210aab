import type { ClientDuplexStream } from '@grpc/grpc-js';
import { type Change, StoreError, type Watch, type Watcher } from '../cluster-store.js';
import { type EtcdEndpoints, storeError } from './etcd-endpoints.js';
import { calls, type WatchRequest, type WatchResponse } from './etcd-protocol.js';
import { entryOf, prefixEnd } from './etcd-values.js';

interface Watching {
  readonly prefix: string;
  readonly after: number;
  readonly watcher: Watcher;
}

/** All watches of a store, on one stream: when that is lost, all of them end. */
export class EtcdWatches {
  readonly #endpoints: EtcdEndpoints;
  readonly #watching = new Map<number, Watching>();
  #stream: ClientDuplexStream<WatchRequest, WatchResponse> | undefined;
  #isOpening = false;
  #lastId = 0;

  constructor(endpoints: EtcdEndpoints) {
    this.#endpoints = endpoints;
    // An endpoint that does not answer tells no changes either, and does not say so.
    endpoints.onTurn(() => this.#break(new StoreError('unavailable', 'etcd: the endpoint gave no answer')));
  }

  add(prefix: string, after: number, watcher: Watcher): Watch {
    const id = ++this.#lastId;
    this.#watching.set(id, { prefix, after, watcher });
    if (this.#stream === undefined) void this.#open();
    else this.#create(this.#stream, id);
    return {
      cancel: () => {
        if (this.#watching.delete(id)) this.#stream?.write({ cancel_request: { watch_id: id } });
      },
    };
  }

  close(): void {
    this.#watching.clear();
    this.#stream?.cancel();
    this.#stream = undefined;
  }

  async #open(): Promise<void> {
    if (this.#isOpening) return;
    this.#isOpening = true;
    try {
      const stream = await this.#endpoints.open(calls.watch);
      stream.on('data', (response: WatchResponse) => this.#onResponse(response));
      stream.on('error', (error) => this.#onLost(stream, storeError(error)));
      stream.on('end', () =>
        this.#onLost(stream, new StoreError('unavailable', 'etcd: the watch was ended')),
      );
      this.#stream = stream;
      for (const id of this.#watching.keys()) this.#create(stream, id);
    } catch (error) {
      this.#break(storeError(error));
    } finally {
      this.#isOpening = false;
    }
  }

  #create(stream: ClientDuplexStream<WatchRequest, WatchResponse>, id: number): void {
    const { prefix, after } = this.#watching.get(id)!;
    const key = Buffer.from(prefix);
    const range = { key, range_end: prefixEnd(key), start_revision: after + 1, watch_id: id };
    stream.write({ create_request: range });
  }

  #onResponse({ watch_id, canceled, compact_revision, events }: WatchResponse): void {
    const id = Number(watch_id);
    const watching = this.#watching.get(id);
    if (watching === undefined) return;
    if (canceled) {
      this.#watching.delete(id);
      const error =
        compact_revision === '0'
          ? new StoreError('unavailable', 'etcd: the watch was cancelled')
          : new StoreError('compacted', `etcd: changes up to revision ${compact_revision} are not kept`);
      watching.watcher.onEnd(error);
      return;
    }
    if (events.length === 0) return;
    watching.watcher.onChanges(
      events.map(({ type, kv }): Change => {
        if (type === 'PUT') return { type: 'put', entry: entryOf(kv) };
        return { type: 'remove', key: kv.key.toString(), revision: Number(kv.mod_revision) };
      }),
    );
  }

  #onLost(stream: ClientDuplexStream<WatchRequest, WatchResponse>, error: StoreError): void {
    if (this.#stream !== stream) return;
    this.#endpoints.forgetToken();
    this.#endpoints.turn();
    this.#break(error);
  }

  #break(error: StoreError): void {
    const stream = this.#stream;
    this.#stream = undefined;
    stream?.cancel();
    const lost = [...this.#watching.values()];
    this.#watching.clear();
    for (const { watcher } of lost) watcher.onEnd(error);
  }
}
