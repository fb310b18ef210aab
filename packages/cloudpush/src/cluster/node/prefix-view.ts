import type { ClusterClock } from '../clock.js';
import type { Change, ClusterStore, Entry, Watch } from '../store/cluster-store.js';

/** Before a view that was broken off is begun again, in ms. */
const RETRY = 200;

/** Parts that a view is built from. */
interface PrefixViewParts {
  readonly store: Pick<ClusterStore, 'list' | 'watch'>;
  readonly prefix: string;
  readonly clock: ClusterClock;
  /** Something is other than before. */
  onChange(): void;
  /** An entry is new, or has another value: it may be gone again at {@link onChange}. */
  onPut?(entry: Entry): void;
  /** Has it begun anew, where many are begun at once; default: it does so itself. */
  onBroken?(): void;
}

/** Keeps what the store has under a prefix, and begins anew whenever changes may have been missed. */
export class PrefixView {
  readonly entries = new Map<string, Entry>();
  /** Its first list has come. */
  isReady = false;
  readonly #store: Pick<ClusterStore, 'list' | 'watch'>;
  readonly #prefix: string;
  readonly #clock: ClusterClock;
  readonly #onChange: () => void;
  readonly #onPut: ((entry: Entry) => void) | undefined;
  readonly #onBroken: () => void;
  #watch: Watch | undefined;
  #cancelRetry: () => void = () => {};
  #isClosed = false;

  constructor({ store, prefix, clock, onChange, onPut, onBroken }: PrefixViewParts) {
    this.#store = store;
    this.#prefix = prefix;
    this.#clock = clock;
    this.#onChange = onChange;
    this.#onPut = onPut;
    this.#onBroken = onBroken ?? (() => void this.start());
  }

  /** Lists, and then follows. Resolves at the first list; one that fails is tried again. */
  async start(): Promise<void> {
    try {
      const { revision, entries } = await this.#store.list(this.#prefix);
      this.begin(revision, entries);
    } catch {
      await new Promise<void>((resolve) => {
        this.#cancelRetry = this.#clock.after(RETRY, resolve);
      });
      if (!this.#isClosed) await this.start();
    }
  }

  /** Follows from a list that somebody else has made. */
  begin(revision: number, entries: readonly Entry[]): void {
    if (this.#isClosed) return;
    this.entries.clear();
    for (const entry of entries) this.#put(entry);
    this.isReady = true;
    // Two may have asked for a list at the same time.
    this.#watch?.cancel();
    this.#watch = this.#store.watch(this.#prefix, revision, {
      onChanges: (changes) => this.#onChanges(changes),
      onEnd: () => {
        if (!this.#isClosed) this.#onBroken();
      },
    });
    this.#onChange();
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelRetry();
    this.#watch?.cancel();
  }

  #put(entry: Entry): void {
    this.entries.set(entry.key, entry);
    this.#onPut?.(entry);
  }

  #onChanges(changes: readonly Change[]): void {
    for (const change of changes) {
      if (change.type === 'put') this.#put(change.entry);
      else this.entries.delete(change.key);
    }
    this.#onChange();
  }
}
