import type { ClusterView } from './cluster-view.js';
import type { ExchangeParts } from './exchange-parts.js';
import type { SlotOwner } from './slot-owner.js';
import { releaseForSure } from './sure-release.js';

interface PreparationParts extends ExchangeParts {
  readonly view: Pick<ClusterView, 'isClaimed' | 'offersTo'>;
  readonly owner: SlotOwner;
}

/** Slots that others offer to this node: their sources are made ready before they are its own. */
export class Preparations {
  readonly #parts: PreparationParts;
  readonly #slots = new Set<number>();
  #isOver = false;

  constructor(parts: PreparationParts) {
    this.#parts = parts;
  }

  /** Slots that are ready, or becoming so, and that nobody has any more. */
  get free(): readonly number[] {
    const { view } = this.#parts;
    return [...this.#slots].filter((slot) => !view.isClaimed(slot));
  }

  /** Looks what is offered, and what is not any more. */
  reconcile(): void {
    const { view, owner, me } = this.#parts;
    const offered = new Set(view.offersTo(me.node));
    for (const slot of offered) if (!this.#slots.has(slot)) void this.#prepare(slot);
    for (const slot of this.#slots) {
      if (offered.has(slot) || !view.isClaimed(slot)) continue;
      owner.forget(slot);
      this.taken([slot]);
    }
  }

  /** Slots are this node's now, or another's: nobody need know any more that they are ready. */
  taken(slots: Iterable<number>): void {
    const { keys } = this.#parts;
    const gone = [...slots].filter((slot) => this.#slots.delete(slot));
    // Another offer of the same slot may have come meanwhile, which is answered anew.
    const left = (): readonly number[] => (this.#isOver ? [] : gone.filter((slot) => !this.#slots.has(slot)));
    // A key that stays ends with the lease.
    releaseForSure(this.#parts, () => left().map((slot) => keys.ready(slot))).catch(() => {});
  }

  end(): void {
    this.#isOver = true;
  }

  async #prepare(slot: number): Promise<void> {
    const { store, keys, owner, lease, me } = this.#parts;
    this.#slots.add(slot);
    await owner.prepare(slot);
    if (this.#isOver || !this.#slots.has(slot)) return;
    // Without it the other one waits for a while, and then gives the slot up.
    await store.put(lease, { key: keys.ready(slot), value: JSON.stringify(me) }).catch(() => {});
  }
}
