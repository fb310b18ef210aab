import {
  type ClusterStore,
  type Edit,
  type Entry,
  type KeyValue,
  type Lease,
  type Listing,
  StoreError,
  type Watch,
  type Watcher,
} from '../cluster-store.js';
import { EtcdEndpoints, type EtcdOptions, storeError } from './etcd-endpoints.js';
import { type Compare, calls, type RangeResponse, type RequestOp } from './etcd-protocol.js';
import { entryOf, keyAfter, prefixEnd } from './etcd-values.js';
import { EtcdWatches } from './etcd-watches.js';

/** Entries of one answer. */
const PAGE = 1000;

/** A cluster's store on etcd 3.4 or newer. */
export class EtcdStore implements ClusterStore {
  readonly #endpoints: EtcdEndpoints;
  readonly #watches: EtcdWatches;
  /** Each beat asks another endpoint than the one before. */
  #beats = 0;

  constructor(options: EtcdOptions) {
    this.#endpoints = new EtcdEndpoints(options);
    this.#watches = new EtcdWatches(this.#endpoints);
  }

  async join(ttl: number): Promise<Lease> {
    // A lease that is granted twice ends by itself.
    const { ID, TTL } = await this.#endpoints.askAll(calls.grant, { TTL: Math.ceil(ttl / 1000) });
    return { id: ID, ttl: Number(TTL) * 1000 };
  }

  async beat({ id }: Lease): Promise<void> {
    const further = this.#beats++;
    let failure: StoreError | undefined;
    for (let attempt = 0; attempt < this.#endpoints.count; attempt++) {
      try {
        await this.#beatOnce(id, further + attempt);
        return;
      } catch (error) {
        failure = storeError(error);
        if (failure.reason !== 'unavailable') throw failure;
      }
    }
    throw failure!;
  }

  async leave({ id }: Lease): Promise<void> {
    try {
      await this.#endpoints.askAll(calls.revoke, { ID: id });
    } catch (error) {
      if (!(error instanceof StoreError) || error.reason !== 'leaseLost') throw error;
    }
  }

  async claim({ id }: Lease, claims: readonly KeyValue[]): Promise<ReadonlyMap<string, number>> {
    const success = claims.map(({ key, value }): RequestOp => {
      const at = Buffer.from(key);
      const isFree: Compare = { result: 'EQUAL', target: 'CREATE', key: at, create_revision: 0 };
      const put: RequestOp = { request_put: { key: at, value: Buffer.from(value), lease: id } };
      return { request_txn: { compare: [isFree], success: [put] } };
    });
    const { header, responses } = await this.#endpoints.ask(calls.txn, { compare: [], success });
    const revision = Number(header.revision);
    const taken = claims.filter((_, index) => responses[index]?.response_txn?.succeeded === true);
    return new Map(taken.map(({ key }) => [key, revision]));
  }

  async release({ id }: Lease, keys: readonly string[]): Promise<void> {
    const success = keys.map((key): RequestOp => {
      const at = Buffer.from(key);
      const isMine: Compare = { result: 'EQUAL', target: 'LEASE', key: at, lease: id };
      return { request_txn: { compare: [isMine], success: [{ request_delete_range: { key: at } }] } };
    });
    await this.#endpoints.askAll(calls.txn, { compare: [], success });
  }

  async list(prefix: string): Promise<Listing> {
    const start: Buffer = Buffer.from(prefix);
    const end = prefixEnd(start);
    const entries: Entry[] = [];
    let revision = '0';
    for (let key = start; ; ) {
      const page: RangeResponse = await this.#endpoints.askAll(calls.range, {
        key,
        range_end: end,
        limit: PAGE,
        revision,
      });
      if (revision === '0') revision = page.header.revision;
      for (const one of page.kvs) entries.push(entryOf(one));
      const last = page.kvs.at(-1);
      if (!page.more || last === undefined) return { revision: Number(revision), entries };
      key = keyAfter(last.key);
    }
  }

  watch(prefix: string, after: number, watcher: Watcher): Watch {
    return this.#watches.add(prefix, after, watcher);
  }

  async put({ id }: Lease, { key, value }: KeyValue): Promise<void> {
    const entry = { key: Buffer.from(key), value: Buffer.from(value), lease: id };
    await this.#endpoints.askAll(calls.put, entry);
  }

  async change(edits: readonly Edit[]): Promise<number | undefined> {
    const compare = edits.flatMap(({ key, revision }): Compare[] => {
      if (revision === undefined) return [];
      return [{ result: 'EQUAL', target: 'MOD', key: Buffer.from(key), mod_revision: revision }];
    });
    const success = edits.map(({ key, value }): RequestOp => {
      const at = Buffer.from(key);
      if (value === undefined) return { request_delete_range: { key: at } };
      return { request_put: { key: at, value: Buffer.from(value) } };
    });
    const { succeeded, header } = await this.#endpoints.ask(calls.txn, { compare, success });
    return succeeded ? Number(header.revision) : undefined;
  }

  close(): void {
    this.#watches.close();
    this.#endpoints.close();
  }

  async #beatOnce(id: string, further: number): Promise<void> {
    const stream = await this.#endpoints.open(calls.keepAlive, { timeout: BEAT_TIMEOUT, further });
    const answer = await new Promise<{ readonly TTL: string }>((resolve, reject) => {
      stream.on('data', resolve);
      stream.on('error', reject);
      stream.on('end', () => reject(new StoreError('unavailable', 'etcd: a beat was not answered')));
      stream.write({ ID: id });
    });
    stream.on('error', () => {});
    stream.cancel();
    if (Number(answer.TTL) <= 0) throw new StoreError('leaseLost', `etcd: lease ${id} is over`);
  }
}

/** ms that one endpoint may take for a beat: another one is to be asked before the lease runs short. */
const BEAT_TIMEOUT = 1000;
