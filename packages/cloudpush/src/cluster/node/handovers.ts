import type { ClusterClock } from '../clock.js';
import type { ClusterKeys } from '../keys.js';
import type { ClaimRecord, OfferRecord } from '../records.js';
import type { ClusterStore, Lease } from '../store/cluster-store.js';
import type { ClusterView } from './cluster-view.js';

/** Slots with something in them that are handed over at a time: each waits for a key frame or two. */
const AT_A_TIME = 32;
/** The longest that a slot waits until the next owner is ready for it, in ms. */
const LONGEST_OFFER = 10_000;
/** Between two looks whether it is, in ms. */
const LOOK = 25;
/** Before what the store did not do is tried again, in ms. */
const RETRY = 500;

interface HandoverParts {
  readonly store: ClusterStore;
  readonly clock: ClusterClock;
  readonly keys: ClusterKeys;
  readonly view: ClusterView;
  readonly lease: Lease;
  /** The node, in this life. */
  readonly me: ClaimRecord;
  /** Ends what runs in a slot, and gives it up. @throws StoreError */
  give(slot: number): Promise<void>;
}

/**
 * Slots that are on their way to other nodes. Each is offered first, so that the next owner makes its sources ready while this one goes on
 * sending, and given up when that is done.
 */
export class Handovers {
  readonly #parts: HandoverParts;
  /** The next owner by slot. */
  #wanted: ReadonlyMap<number, string> = new Map();
  readonly #running = new Set<number>();
  #isOver = false;

  constructor(parts: HandoverParts) {
    this.#parts = parts;
  }

  /** Says who is to have which slots, instead of what was said before. */
  want(slots: ReadonlyMap<number, string>): void {
    this.#wanted = slots;
    this.#next();
  }

  has(slot: number): boolean {
    return this.#running.has(slot);
  }

  end(): void {
    this.#isOver = true;
  }

  #next(): void {
    for (const [slot, node] of this.#wanted) {
      if (this.#isOver || this.#running.size >= AT_A_TIME) return;
      if (this.#running.has(slot)) continue;
      this.#running.add(slot);
      void this.#handOver(slot, node);
    }
  }

  async #handOver(slot: number, node: string): Promise<void> {
    try {
      if (await this.#isReady(slot, node)) {
        await this.#parts.give(slot);
        this.#wanted = without(this.#wanted, slot);
      } else await this.#withdraw(slot);
    } catch {
      // The store did not do it, and may do it later.
      await this.#pause(RETRY);
    }
    this.#running.delete(slot);
    this.#next();
  }

  /** @returns false: the slot is not to go there any more */
  async #isReady(slot: number, node: string): Promise<boolean> {
    const { store, clock, keys, view, lease, me } = this.#parts;
    // An older version is not waited for: it does not make anything ready.
    if (view.node(node)?.prepares !== true) return true;
    const record: OfferRecord = { ...me, to: node };
    await store.put(lease, { key: keys.offer(slot), value: JSON.stringify(record) });
    const end = clock.now() + LONGEST_OFFER;
    while (!view.isReadyFor(slot, node) && clock.now() < end) {
      if (this.#isOver || this.#wanted.get(slot) !== node) return false;
      await this.#pause(LOOK);
    }
    return !this.#isOver && this.#wanted.get(slot) === node;
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => this.#parts.clock.after(ms, resolve));
  }

  async #withdraw(slot: number): Promise<void> {
    const { store, keys, lease } = this.#parts;
    if (!this.#isOver) await store.release(lease, [keys.offer(slot)]);
  }
}

function without(map: ReadonlyMap<number, string>, slot: number): ReadonlyMap<number, string> {
  const rest = new Map(map);
  rest.delete(slot);
  return rest;
}
