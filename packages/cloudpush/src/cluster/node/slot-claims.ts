import type { ClusterClock } from '../clock.js';
import type { ClusterKeys } from '../keys.js';
import type { ClaimRecord } from '../records.js';
import { type ClusterStore, type Lease, MAX_CLAIMS } from '../store/cluster-store.js';
import type { ClusterView } from './cluster-view.js';
import { Handovers } from './handovers.js';
import { Preparations } from './preparations.js';
import type { SlotOwner } from './slot-owner.js';
import { releaseForSure } from './sure-release.js';

/** Transactions under way when many slots are free. */
const CLAIMS_AT_A_TIME = 16;

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
  readonly #handovers: Handovers;
  readonly #preparations: Preparations;
  /** Epoch by slot. */
  readonly #owned = new Map<number, number>();
  /** Epochs of slots that were given up: the view may still show them. */
  readonly #released = new Set<number>();
  #isOver = false;
  claimed = 0;
  moved = 0;

  constructor(parts: SlotClaimsParts) {
    this.#parts = parts;
    this.#handovers = new Handovers({ ...parts, give: (slot) => this.#release([slot]) });
    this.#preparations = new Preparations({ ...parts, owns: (slot) => this.#owned.has(slot) });
  }

  get owned(): ReadonlyMap<number, number> {
    return this.#owned;
  }

  /**
   * Takes what is free and assigned to this node, and hands over what is assigned to another. @throws
   * StoreError
   */
  async reconcile(): Promise<void> {
    const { view, me } = this.#parts;
    const assignedTo = view.assignment();
    const claims = view.claims;
    this.#adopt();
    this.#preparations.reconcile();
    if (assignedTo === undefined) {
      this.#handovers.want(new Map());
      return;
    }
    const free: number[] = [];
    const others = new Map<number, string>();
    for (let slot = 0; slot < view.slots; slot++) {
      const isMine = assignedTo(slot) === me.node;
      if (isMine && !claims.has(slot) && !this.#owned.has(slot)) {
        if (this.#preparations.mayTake(slot)) free.push(slot);
      } else if (!isMine && this.#owned.has(slot)) others.set(slot, assignedTo(slot));
    }
    await this.#claim(free);
    await this.#handOver(others);
  }

  /** Takes at once what was offered to this node, and that its owner has given up. @throws StoreError */
  async takeOffered(): Promise<void> {
    const { free } = this.#preparations;
    if (free.length > 0) await this.#claim(free.filter((slot) => !this.#owned.has(slot)));
  }

  /** Nothing is claimed or released any more. */
  end(): void {
    this.#isOver = true;
    this.#handovers.end();
    this.#preparations.end();
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
    let next = 0;
    const worker = async (): Promise<void> => {
      while (next < slots.length && !this.#isOver) {
        const at = next;
        next += MAX_CLAIMS;
        await this.#claimAtOnce(slots.slice(at, next));
      }
    };
    // The store syncs what comes together once: the slots of a node that died are not waited for one by one.
    await Promise.all(Array.from({ length: CLAIMS_AT_A_TIME }, worker));
  }

  async #claimAtOnce(slots: readonly number[]): Promise<void> {
    const { store, keys, lease, me } = this.#parts;
    const value = JSON.stringify(me);
    const taken = await store.claim(
      lease,
      slots.map((slot) => ({ key: keys.claim(slot), value })),
    );
    if (this.#isOver) return;
    const epochs = slots.map((slot) => [slot, taken.get(keys.claim(slot))] as const);
    this.#take(new Map(epochs.filter((one): one is readonly [number, number] => one[1] !== undefined)));
  }

  #take(found: ReadonlyMap<number, number>): void {
    // The view may have shown it before the answer came.
    const slots = new Map([...found].filter(([slot]) => !this.#owned.has(slot)));
    if (slots.size === 0 || this.#isOver) return;
    for (const [slot, epoch] of slots) this.#owned.set(slot, epoch);
    this.claimed += slots.size;
    this.#parts.owner.own(slots, this.#preparations.keyFramesOf(slots.keys()));
    this.#preparations.taken(slots.keys());
  }

  async #handOver(slots: ReadonlyMap<number, string>): Promise<void> {
    const { owner } = this.#parts;
    const isIdle = (slot: number): boolean => !this.#handovers.has(slot) && !owner.isBusy(slot);
    const idle = [...slots.keys()].filter(isIdle);
    this.#handovers.want(new Map([...slots].filter(([slot]) => !idle.includes(slot))));
    // Each may have an offer, too.
    for (let at = 0; at < idle.length && !this.#isOver; at += MAX_CLAIMS / 2) {
      await this.#release(idle.slice(at, at + MAX_CLAIMS / 2));
    }
  }

  async #release(slots: readonly number[]): Promise<void> {
    const { keys, owner } = this.#parts;
    await Promise.all(slots.map(async (slot) => this.#handovers.tell(slot, await owner.release(slot))));
    if (this.#isOver) return;
    for (const slot of slots) {
      const epoch = this.#owned.get(slot);
      // Asked for once more, as the answer was lost: it is counted already.
      if (epoch === undefined) continue;
      this.#released.add(epoch);
      // Nothing of it runs any more: whatever becomes of the answer, it is not taken up again.
      this.#owned.delete(slot);
      this.moved++;
    }
    const given = slots.flatMap((slot) => {
      const isOffered = this.#handovers.has(slot) || this.#handovers.mayBeOffered(slot);
      return isOffered ? [keys.claim(slot), keys.offer(slot)] : [keys.claim(slot)];
    });
    // A slot that runs nowhere must not stay claimed.
    await releaseForSure(this.#parts, () => (this.#isOver ? [] : given));
  }
}
