import type { KeyFrames, OfferRecord } from '../records.js';
import { isStoreError } from '../store/cluster-store.js';
import type { ClusterView } from './cluster-view.js';
import type { ExchangeParts } from './exchange-parts.js';
import { releaseForSure } from './sure-release.js';

/** Slots with something in them that are handed over at a time: each waits for a key frame or two. */
const AT_A_TIME = 32;
/**
 * The longest that a slot waits until the next owner is ready for it, in ms, if that one's lease would be
 * over by then.
 */
const LONGEST_OFFER = 10_000;
/** Until the end of a lease is known for sure to those who follow the nodes, in ms. */
const END_OF_LEASE = 2000;
/** Between two looks whether it is, in ms. */
const LOOK = 25;
/** So long the next owner is told of a key frame, while the store does not answer; and how often, in ms. */
const LATEST_WORD = 8000;
const AGAIN = 200;
/** Before what could not be done is tried again, in ms. */
const RETRY = 500;

interface HandoverParts extends ExchangeParts {
  readonly view: Pick<ClusterView, 'node' | 'isReadyFor'>;
  /** Ends what runs in a slot, and gives it up. @throws StoreError */
  give(slot: number): Promise<void>;
}

/**
 * Slots that are on their way to other nodes. Each is offered first, so that the next owner makes its sources
 * ready while this one goes on sending, and given up when that is done.
 */
export class Handovers {
  readonly #parts: HandoverParts;
  /** The next owner by slot. */
  #wanted: ReadonlyMap<number, string> = new Map();
  readonly #running = new Set<number>();
  /** Offers that may stand in the store, by slot. */
  readonly #offered = new Map<number, OfferRecord>();
  readonly #everOffered = new Set<number>();
  #offers = 0;
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

  /** Tells the next owner of a slot the key frames to begin with: the channels have ended before them. */
  async tell(slot: number, keyFrames: KeyFrames): Promise<void> {
    const offer = this.#offered.get(slot);
    if (offer === undefined || Object.keys(keyFrames).length === 0) return;
    const { clock } = this.#parts;
    // Without it the next owner begins as it can; it does not keep so much that a late word were of use.
    for (
      const end = clock.now() + LATEST_WORD;
      !this.#isOver && clock.now() < end;
      await this.#pause(AGAIN)
    ) {
      try {
        await this.#write(slot, { ...offer, keyFrames });
        return;
      } catch (error) {
        // The store cannot be reached, and cannot release the slot either.
        if (!isStoreError(error, 'unavailable')) return;
      }
    }
  }

  /** An offer of the slot may have been written late, behind its withdrawal. */
  mayBeOffered(slot: number): boolean {
    return this.#everOffered.has(slot);
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
    if (await this.#tryIt(slot, node)) {
      this.#offered.delete(slot);
      this.#wanted = without(this.#wanted, slot);
    } else {
      if (this.#offered.delete(slot)) await this.#withdraw(slot);
      // The store may do later what it did not do, and a node that has left may have come back, or another
      // have its slots.
      if (this.#wanted.get(slot) === node) await this.#pause(RETRY);
    }
    this.#running.delete(slot);
    this.#next();
  }

  /** @returns whether it has been given up */
  async #tryIt(slot: number, node: string): Promise<boolean> {
    try {
      if (!(await this.#isReady(slot, node))) return false;
      await this.#parts.give(slot);
      return true;
    } catch {
      return false;
    }
  }

  /** @returns false: the slot is not to go there any more, or nobody is there */
  async #isReady(slot: number, node: string): Promise<boolean> {
    const { clock, view, lease, me } = this.#parts;
    const next = view.node(node);
    if (next === undefined) return false;
    // An older version is not waited for: it does not make anything ready.
    if (next.prepares !== true) return true;
    const offer = `${me.incarnation}/${++this.#offers}`;
    const record: OfferRecord = { ...me, to: node, offer };
    this.#offered.set(slot, record);
    this.#everOffered.add(slot);
    await this.#write(slot, record);
    // One that is silent may be dead: then it is gone when its lease is over, and what runs here goes on.
    const end = clock.now() + Math.max(LONGEST_OFFER, lease.ttl + END_OF_LEASE);
    while (!view.isReadyFor(slot, node, offer) && clock.now() < end) {
      if (!this.#isWanted(slot, node)) return false;
      await this.#pause(LOOK);
    }
    return this.#isWanted(slot, node);
  }

  async #write(slot: number, record: OfferRecord): Promise<void> {
    const { store, keys, lease } = this.#parts;
    await store.put(lease, { key: keys.offer(slot), value: JSON.stringify(record) });
  }

  #isWanted(slot: number, node: string): boolean {
    return !this.#isOver && this.#wanted.get(slot) === node && this.#parts.view.node(node) !== undefined;
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => this.#parts.clock.after(ms, resolve));
  }

  async #withdraw(slot: number): Promise<void> {
    const offer = [this.#parts.keys.offer(slot)];
    // An offer that stays ends with the lease.
    await releaseForSure(this.#parts, () => (this.#isOver ? [] : offer)).catch(() => {});
  }
}

function without(map: ReadonlyMap<number, string>, slot: number): ReadonlyMap<number, string> {
  const rest = new Map(map);
  rest.delete(slot);
  return rest;
}
