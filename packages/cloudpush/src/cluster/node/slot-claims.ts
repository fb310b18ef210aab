import type { ClusterClock } from '../clock.js';
import type { ClusterKeys } from '../keys.js';
import type { ClaimRecord } from '../records.js';
import { type ClusterStore, isStoreError, type Lease, MAX_CLAIMS } from '../store/cluster-store.js';
import type { ClusterView } from './cluster-view.js';
import type { SlotOwner } from './slot-owner.js';

/** Slots with something in them that are handed over at a time. */
const HANDOVERS = 4;
/** Before a release is asked for again that was not answered, in ms. */
const RELEASE_AGAIN = 200;

interface SlotClaimsParts {
  readonly store: ClusterStore;
  readonly clock: ClusterClock;
  readonly keys: ClusterKeys;
  readonly view: ClusterView;
  readonly owner: SlotOwner;
  readonly lease: Lease;
  /** The node, in this life. */
  readonly me: ClaimRecord;
}

/** The slots of one life of a node: brought to what the assignment says, slot by slot. */
export class SlotClaims {
  readonly #parts: SlotClaimsParts;
  /** Epoch by slot. */
  readonly #owned = new Map<number, number>();
  readonly #leaving = new Set<number>();
  /** Epochs of slots that were given up: the view may still show them. */
  readonly #released = new Set<number>();
  #isOver = false;
  claimed = 0;
  moved = 0;

  constructor(parts: SlotClaimsParts) {
    this.#parts = parts;
  }

  get owned(): ReadonlyMap<number, number> {
    return this.#owned;
  }

  /** Takes what is free and assigned to this node, and hands over what is assigned to another. @throws StoreError */
  async reconcile(): Promise<void> {
    const { view, me } = this.#parts;
    const assignedTo = view.assignment();
    const claims = view.claims;
    this.#adopt();
    if (assignedTo === undefined) return;
    const free: number[] = [];
    const others: number[] = [];
    for (let slot = 0; slot < view.slots; slot++) {
      const isMine = assignedTo(slot) === me.node;
      if (isMine && !claims.has(slot) && !this.#owned.has(slot)) free.push(slot);
      else if (!isMine && this.#owned.has(slot) && !this.#leaving.has(slot)) others.push(slot);
    }
    await this.#claim(free);
    await this.#handOver(others);
  }

  /** Nothing is claimed or released any more. */
  end(): void {
    this.#isOver = true;
  }

  /** A claim whose answer was lost stands in the store. */
  #adopt(): void {
    const { view, me } = this.#parts;
    const found = new Map<number, number>();
    for (const [slot, { node, incarnation, epoch }] of view.claims) {
      const isMine = node === me.node && incarnation === me.incarnation;
      if (isMine && !this.#owned.has(slot) && !this.#released.has(epoch)) found.set(slot, epoch);
    }
    this.#take(found);
  }

  async #claim(slots: readonly number[]): Promise<void> {
    const { store, keys, lease, me } = this.#parts;
    const value = JSON.stringify(me);
    for (let at = 0; at < slots.length && !this.#isOver; at += MAX_CLAIMS) {
      const batch = slots.slice(at, at + MAX_CLAIMS);
      const taken = await store.claim(
        lease,
        batch.map((slot) => ({ key: keys.claim(slot), value })),
      );
      if (this.#isOver) return;
      const epochs = batch.map((slot) => [slot, taken.get(keys.claim(slot))] as const);
      this.#take(new Map(epochs.filter((one): one is readonly [number, number] => one[1] !== undefined)));
    }
  }

  #take(slots: ReadonlyMap<number, number>): void {
    if (slots.size === 0 || this.#isOver) return;
    for (const [slot, epoch] of slots) this.#owned.set(slot, epoch);
    this.claimed += slots.size;
    this.#parts.owner.own(slots);
  }

  async #handOver(slots: readonly number[]): Promise<void> {
    const { owner } = this.#parts;
    const idle = slots.filter((slot) => !owner.isBusy(slot));
    for (let at = 0; at < idle.length && !this.#isOver; at += MAX_CLAIMS) {
      await this.#release(idle.slice(at, at + MAX_CLAIMS));
    }
    const busy = slots.filter((slot) => !idle.includes(slot));
    const next = async (): Promise<void> => {
      for (let slot = busy.shift(); slot !== undefined && !this.#isOver; slot = busy.shift()) {
        await this.#release([slot]);
      }
    };
    await Promise.all(Array.from({ length: HANDOVERS }, next));
  }

  async #release(slots: readonly number[]): Promise<void> {
    const { store, keys, lease, owner } = this.#parts;
    for (const slot of slots) this.#leaving.add(slot);
    try {
      await Promise.all(slots.map((slot) => owner.release(slot)));
      for (const slot of slots) this.#released.add(this.#owned.get(slot)!);
      // Nothing of them runs any more: whatever becomes of the answer, they are not taken up again.
      for (const slot of slots) this.#owned.delete(slot);
      this.moved += slots.length;
      await this.#releaseForSure(
        lease,
        slots.map((slot) => keys.claim(slot)),
        store,
      );
    } finally {
      for (const slot of slots) this.#leaving.delete(slot);
    }
  }

  /** A slot that runs nowhere must not stay claimed. */
  async #releaseForSure(lease: Lease, keys: readonly string[], store: ClusterStore): Promise<void> {
    while (!this.#isOver) {
      try {
        await store.release(lease, keys);
        return;
      } catch (error) {
        if (!isStoreError(error, 'unavailable')) throw error;
        await new Promise<void>((resolve) => this.#parts.clock.after(RELEASE_AGAIN, resolve));
      }
    }
  }
}
