import type { ClusterClock } from '../clock.js';
import {
  type Change,
  type ClusterStore,
  type Edit,
  type KeyValue,
  type Lease,
  type Listing,
  StoreError,
  type Watch,
  type Watcher,
} from './cluster-store.js';
import { MemoryKeys } from './memory-keys.js';

/** How the network between one node and the store misbehaves. */
interface StoreFaults {
  /** ms until an operation arrives, and again until its answer does. */
  latency: number;
  /** Nothing arrives, and watches hear nothing. */
  isAway: boolean;
  /** So many next operations are done, and their answers are lost. */
  lostReplies: number;
}

interface GrantedLease extends Lease {
  expires: number;
}

/** A store in memory, for tests: what several clients of it share. */
export class MemoryServer {
  readonly keys = new MemoryKeys();
  readonly clock: ClusterClock;
  readonly #leases = new Map<string, GrantedLease>();
  #lastLease = 0;
  /** Until a leader is elected nothing is answered, and no lease ends. */
  #leaderless = false;

  constructor(clock: ClusterClock) {
    this.clock = clock;
  }

  get hasLeader(): boolean {
    return !this.#leaderless;
  }

  /**
   * The leader dies; another one is there after so many ms, and gives every lease its whole time again, as
   * etcd does.
   */
  async changeLeader(ms: number): Promise<void> {
    this.#leaderless = true;
    await new Promise<void>((resolve) => this.clock.after(ms, resolve));
    for (const lease of this.#leases.values()) lease.expires = this.clock.now() + lease.ttl;
    this.#leaderless = false;
  }

  grant(ttl: number): Lease {
    const lease = { id: String(++this.#lastLease), ttl, expires: this.clock.now() + ttl };
    this.#leases.set(lease.id, lease);
    this.#expireLater(lease);
    return { id: lease.id, ttl };
  }

  renew({ id }: Lease): void {
    this.require(id).expires = this.clock.now() + this.require(id).ttl;
  }

  /** Ends a lease before its time. */
  revoke(id: string): void {
    if (this.#leases.delete(id)) this.keys.release(id);
  }

  require(id: string): GrantedLease {
    const lease = this.#leases.get(id);
    if (lease === undefined) throw new StoreError('leaseLost', `lease ${id} is over`);
    return lease;
  }

  #expireLater(lease: GrantedLease): void {
    this.clock.after(Math.max(1, lease.expires - this.clock.now()), () => {
      if (this.#leases.get(lease.id) !== lease) return;
      if (lease.expires <= this.clock.now() && this.hasLeader) this.revoke(lease.id);
      else this.#expireLater(lease);
    });
  }
}

/** One node's way to a {@link MemoryServer}, with the faults of a network. */
export class MemoryStore implements ClusterStore {
  readonly faults: StoreFaults = { latency: 0, isAway: false, lostReplies: 0 };
  readonly #server: MemoryServer;
  readonly #watches = new Set<(error: StoreError) => void>();

  constructor(server: MemoryServer) {
    this.#server = server;
  }

  join(ttl: number): Promise<Lease> {
    return this.#ask((server) => server.grant(ttl));
  }

  beat(lease: Lease): Promise<void> {
    return this.#ask((server) => server.renew(lease));
  }

  leave({ id }: Lease): Promise<void> {
    return this.#ask((server) => server.revoke(id));
  }

  claim({ id }: Lease, claims: readonly KeyValue[]): Promise<ReadonlyMap<string, number>> {
    return this.#ask((server) => {
      server.require(id);
      return server.keys.claim(id, claims);
    });
  }

  release({ id }: Lease, keys: readonly string[]): Promise<void> {
    return this.#ask(({ keys: all }) => all.release(id, keys));
  }

  list(prefix: string): Promise<Listing> {
    return this.#ask(({ keys }) => keys.list(prefix));
  }

  put({ id }: Lease, entry: KeyValue): Promise<void> {
    return this.#ask((server) => {
      server.require(id);
      server.keys.put(id, entry);
    });
  }

  change(edits: readonly Edit[]): Promise<number | undefined> {
    return this.#ask(({ keys }) => keys.change(edits));
  }

  watch(prefix: string, after: number, watcher: Watcher): Watch {
    const { keys, clock } = this.#server;
    let isOver = false;
    const end = (error: StoreError | undefined): void => {
      if (isOver) return;
      isOver = true;
      stop();
      this.#watches.delete(end);
      if (error !== undefined) watcher.onEnd(error);
    };
    const deliver = (changes: readonly Change[]): void => {
      const { latency, isAway } = this.faults;
      // A message lost on the way is lost with its connection.
      if (isAway) clock.after(0, () => end(new StoreError('unavailable', 'the watch is broken off')));
      else clock.after(latency, () => isOver || watcher.onChanges(changes));
    };
    this.#watches.add(end);
    const stop = keys.follow(prefix, after, deliver);
    if (after < keys.compacted)
      clock.after(0, () => end(new StoreError('compacted', `revision ${after} is not kept any more`)));
    return { cancel: () => end(undefined) };
  }

  /** Ends all watches, as a connection that breaks does. */
  breakWatches(): void {
    for (const end of [...this.#watches]) end(new StoreError('unavailable', 'the watch is broken off'));
  }

  close(): void {
    this.faults.isAway = true;
    this.breakWatches();
  }

  async #ask<T>(operation: (server: MemoryServer) => T): Promise<T> {
    await this.#travel();
    const result = operation(this.#server);
    if (this.faults.lostReplies > 0) {
      this.faults.lostReplies--;
      throw new StoreError('unavailable', 'the answer was lost');
    }
    await this.#travel();
    return result;
  }

  async #travel(): Promise<void> {
    const { latency } = this.faults;
    if (latency > 0) await new Promise<void>((resolve) => this.#server.clock.after(latency, resolve));
    if (this.faults.isAway || !this.#server.hasLeader) {
      throw new StoreError('unavailable', 'the store does not answer');
    }
  }
}
