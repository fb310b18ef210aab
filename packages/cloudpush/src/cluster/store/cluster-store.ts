/**
 * The store that the gateways of a cluster share, as far as they need it: six operations (join, beat, claim,
 * release, list, watch), and writes of values. Every decision is one transaction of the store. Revisions grow
 * by one with each change of anything, and a value's revision is that of its latest change.
 */
export interface ClusterStore {
  /**
   * Grants a lease, to which all keys of one life of a node hang.
   * @param ttl ms without a beat after which the store removes all of them
   * @throws StoreError `unavailable`, `refused`
   */
  join(ttl: number): Promise<Lease>;
  /**
   * Keeps a lease alive, asking another endpoint each time.
   * @throws StoreError `leaseLost` when it is over, `unavailable`
   */
  beat(lease: Lease): Promise<void>;
  /**
   * Ends a lease, and with it every key that hangs on it. Harmless when it is over.
   * @throws StoreError `unavailable`
   */
  leave(lease: Lease): Promise<void>;
  /**
   * Takes the keys that nobody has.
   * @param claims at most {@link MAX_CLAIMS}
   * @returns the revision of each key that was taken: its epoch, larger than that of every owner before
   * @throws StoreError `leaseLost`, `unavailable`
   */
  claim(lease: Lease, claims: readonly KeyValue[]): Promise<ReadonlyMap<string, number>>;
  /** Gives up keys that hang on the lease; others are left alone. @throws StoreError `unavailable` */
  release(lease: Lease, keys: readonly string[]): Promise<void>;
  /** Everything whose key begins with `prefix`, in the order of the keys, as it was at one revision. */
  list(prefix: string): Promise<Listing>;
  /**
   * Tells every change of keys that begin with `prefix` after a revision, in order.
   * @returns the watch; it ends, and says so once, when changes may have been missed: list again
   */
  watch(prefix: string, after: number, watcher: Watcher): Watch;
  /** Writes a value that hangs on a lease. @throws StoreError `leaseLost`, `unavailable` */
  put(lease: Lease, entry: KeyValue): Promise<void>;
  /**
   * Changes several values, all or none, if each still has the revision that is given.
   * @returns the revision of the change; undefined: a value has another revision by now
   * @throws StoreError `unavailable`: whether it was made is not known
   */
  change(edits: readonly Edit[]): Promise<number | undefined>;
  /** Ends watches and connections. */
  close(): void;
}

/** The most keys of one claim, as of one change: stores limit the operations of a transaction. */
export const MAX_CLAIMS = 100;

export interface Lease {
  readonly id: string;
  /** ms, as it was granted. */
  readonly ttl: number;
}

export interface KeyValue {
  readonly key: string;
  readonly value: string;
}

export interface Entry extends KeyValue {
  /** Of the latest change. */
  readonly revision: number;
  /** Of the change that brought the key in. */
  readonly created: number;
}

export interface Listing {
  readonly revision: number;
  readonly entries: readonly Entry[];
}

export interface Edit {
  readonly key: string;
  /** Undefined: the key is removed. */
  readonly value: string | undefined;
  /** That the key must have; 0: it must not be there; undefined: whatever is there. */
  readonly revision: number | undefined;
}

export type Change =
  | { readonly type: 'put'; readonly entry: Entry }
  | { readonly type: 'remove'; readonly key: string; readonly revision: number };

export interface Watcher {
  /** Changes of one revision come together. */
  onChanges(changes: readonly Change[]): void;
  /** Nothing more comes. */
  onEnd(error: StoreError): void;
}

export interface Watch {
  /** Nothing is told any more. */
  cancel(): void;
}

/**
 * `unavailable`: no answer, or none that counts: it may be asked again, and what was asked may have been done
 * · `leaseLost`: the lease is over · `compacted`: changes so old are not kept · `refused`: by its answer,
 * such as a wrong password; asking again does not help.
 */
type StoreErrorReason = 'unavailable' | 'leaseLost' | 'compacted' | 'refused';

/** Why the store did not do what was asked. Its message holds no secret. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly reason: StoreErrorReason;

  constructor(reason: StoreErrorReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** @returns whether `error` is the store's, for that reason */
export function isStoreError(error: unknown, reason: StoreErrorReason): error is StoreError {
  return error instanceof StoreError && error.reason === reason;
}
