import type { KeyFrames, ReadyRecord } from '../records.js';
import type { ClusterView } from './cluster-view.js';
import type { ExchangeParts } from './exchange-parts.js';
import type { SlotOwner } from './slot-owner.js';
import { releaseForSure } from './sure-release.js';

interface PreparationParts extends ExchangeParts {
  readonly view: Pick<ClusterView, 'isClaimed' | 'offersTo' | 'keyFramesOf'>;
  readonly owner: SlotOwner;
  /** The slot is this node's. */
  owns(slot: number): boolean;
}

/** A slot that becomes ready, or is: by its identity it is told from another one of the same slot. */
interface Preparation {
  readonly offer: string;
}

/** Slots that others offer to this node: their sources are made ready before they are its own. */
export class Preparations {
  readonly #parts: PreparationParts;
  readonly #slots = new Map<number, Preparation>();
  /** Answers that are being taken back: what is written meanwhile must not go with them. */
  #taking: Promise<unknown> = Promise.resolve();
  #isOver = false;

  constructor(parts: PreparationParts) {
    this.#parts = parts;
  }

  /** Slots that are ready, or becoming so, and that nobody has any more. */
  get free(): readonly number[] {
    const { view } = this.#parts;
    return [...this.#slots.keys()].filter((slot) => !view.isClaimed(slot) && this.mayTake(slot));
  }

  /**
   * False while a slot's offer stands although nobody has the slot any more: its owner took both back at
   * once, so that what it told before that has yet to be read.
   */
  mayTake(slot: number): boolean {
    const { view, me } = this.#parts;
    const offer = this.#slots.get(slot)?.offer;
    if (offer === undefined || view.offersTo(me.node).get(slot) !== offer) return true;
    return view.keyFramesOf(slot, offer) !== undefined;
  }

  /** Key frames that the channels of slots that were offered begin with, as far as they were told. */
  keyFramesOf(slots: Iterable<number>): KeyFrames {
    const { view } = this.#parts;
    const known = [...slots].map((slot) => {
      const offer = this.#slots.get(slot)?.offer;
      return offer === undefined ? undefined : view.keyFramesOf(slot, offer);
    });
    return Object.assign({}, ...known);
  }

  /** Looks what is offered, and what is not any more. */
  reconcile(): void {
    const { view, owner, me } = this.#parts;
    const offered = view.offersTo(me.node);
    for (const [slot, { offer }] of this.#slots) {
      if (offered.get(slot) === offer || !view.isClaimed(slot)) continue;
      owner.forget(slot);
      this.taken([slot]);
    }
    for (const [slot, offer] of offered) {
      // An offer that the store has taken late is of a slot that has come.
      if (this.#slots.has(slot) || this.#parts.owns(slot)) continue;
      void this.#prepare(slot, offer);
    }
  }

  /** Slots are this node's now, or another's: nobody need know any more that they are ready. */
  taken(slots: Iterable<number>): void {
    const { keys } = this.#parts;
    const gone = [...slots].filter((slot) => this.#slots.delete(slot));
    // Another offer of the same slot may have come meanwhile, which is answered anew.
    const left = (): readonly number[] => (this.#isOver ? [] : gone.filter((slot) => !this.#slots.has(slot)));
    // A key that stays ends with the lease.
    const taking = releaseForSure(this.#parts, () => left().map((slot) => keys.ready(slot))).catch(() => {});
    this.#taking = Promise.all([this.#taking, taking]);
  }

  end(): void {
    this.#isOver = true;
  }

  async #prepare(slot: number, offer: string): Promise<void> {
    const { store, keys, owner, lease, me } = this.#parts;
    const preparation: Preparation = { offer };
    this.#slots.set(slot, preparation);
    await owner.prepare(slot);
    await this.#taking;
    if (this.#isOver || this.#slots.get(slot) !== preparation) return;
    const record: ReadyRecord = { ...me, offer };
    // Without it the other one waits for a while, and then gives the slot up.
    await store.put(lease, { key: keys.ready(slot), value: JSON.stringify(record) }).catch(() => {});
  }
}
