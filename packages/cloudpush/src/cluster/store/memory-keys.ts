import type { Change, Edit, Entry, KeyValue, Listing } from './cluster-store.js';

interface Stored extends Entry {
  readonly lease: string | undefined;
}

/**
 * Keys, their revisions and the changes that led there: a store's memory, without leases' time and without a
 * network.
 */
export class MemoryKeys {
  #revision = 1;
  readonly #entries = new Map<string, Stored>();
  /** By revision, from the oldest that is kept. */
  readonly #log: { readonly revision: number; readonly changes: readonly Change[] }[] = [];
  #compacted = 0;
  readonly #listeners = new Set<(changes: readonly Change[]) => void>();

  get revision(): number {
    return this.#revision;
  }

  /** Changes of this revision and before are forgotten. */
  get compacted(): number {
    return this.#compacted;
  }

  /** Forgets the changes so far. */
  compact(): void {
    this.#compacted = this.#revision;
    this.#log.length = 0;
  }

  list(prefix: string): Listing {
    const entries = [...this.#entries.values()]
      .filter(({ key }) => key.startsWith(prefix))
      .sort((a, b) => (a.key < b.key ? -1 : 1))
      .map(({ lease: _, ...entry }) => entry);
    return { revision: this.#revision, entries };
  }

  /** @returns the revision of each key that nobody had */
  claim(lease: string, claims: readonly KeyValue[]): ReadonlyMap<string, number> {
    const free = claims.filter(({ key }) => !this.#entries.has(key));
    const revision = this.#commit(free.map(({ key, value }) => ({ key, value, lease })));
    return new Map(free.map(({ key }) => [key, revision]));
  }

  put(lease: string, { key, value }: KeyValue): void {
    this.#commit([{ key, value, lease }]);
  }

  /** Removes keys that hang on the lease: those that are named, or all. */
  release(lease: string, keys: Iterable<string> = this.#entries.keys()): void {
    const mine = [...keys].filter((key) => this.#entries.get(key)?.lease === lease);
    this.#commit(mine.map((key) => ({ key, value: undefined, lease: undefined })));
  }

  /** @returns the revision of the change; undefined: a value has another revision */
  change(edits: readonly Edit[]): number | undefined {
    const isMet = ({ key, revision }: Edit): boolean =>
      revision === undefined || (this.#entries.get(key)?.revision ?? 0) === revision;
    if (!edits.every(isMet)) return undefined;
    return this.#commit(edits.map(({ key, value }) => ({ key, value, lease: undefined })));
  }

  /** Tells changes after a revision, those that were made before at once. @returns ends that */
  follow(prefix: string, after: number, listener: (changes: readonly Change[]) => void): () => void {
    const filtered = (changes: readonly Change[]): void => {
      const wanted = changes.filter((change) => keyOf(change).startsWith(prefix));
      if (wanted.length > 0) listener(wanted);
    };
    for (const { revision, changes } of this.#log) if (revision > after) filtered(changes);
    this.#listeners.add(filtered);
    return () => this.#listeners.delete(filtered);
  }

  #commit(
    edits: readonly {
      readonly key: string;
      readonly value: string | undefined;
      readonly lease: string | undefined;
    }[],
  ): number {
    if (edits.length === 0) return this.#revision;
    const revision = ++this.#revision;
    const changes: Change[] = [];
    for (const { key, value, lease } of edits) {
      const before = this.#entries.get(key);
      if (value === undefined) {
        if (this.#entries.delete(key)) changes.push({ type: 'remove', key, revision });
        continue;
      }
      const entry = { key, value, revision, created: before?.created ?? revision };
      this.#entries.set(key, { ...entry, lease });
      changes.push({ type: 'put', entry });
    }
    this.#log.push({ revision, changes });
    for (const listener of [...this.#listeners]) listener(changes);
    return revision;
  }
}

function keyOf(change: Change): string {
  return change.type === 'put' ? change.entry.key : change.key;
}
