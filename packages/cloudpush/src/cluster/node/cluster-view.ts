import { assignSlots } from '../assignment/assignment.js';
import type { ClusterClock } from '../clock.js';
import { type ClusterKeys, lastPart } from '../keys.js';
import { type ClaimRecord, type NodeRecord, type OfferRecord, parseRecord } from '../records.js';
import type { ClusterStore } from '../store/cluster-store.js';
import { PrefixView } from './prefix-view.js';

/** A slot's owner, as the store says. */
interface Claim extends ClaimRecord {
  /** Grows with each owner. */
  readonly epoch: number;
}

/** The cluster as a node sees it: who is there, who has which slot, and who is to have it. */
export class ClusterView {
  readonly slots: number;
  readonly #nodes: PrefixView;
  readonly #claims: PrefixView;
  readonly #wants: PrefixView;
  readonly #offers: PrefixView;
  readonly #readies: PrefixView;
  readonly #keys: ClusterKeys;

  constructor(
    store: ClusterStore,
    keys: ClusterKeys,
    { slots, clock, onChange }: { slots: number; clock: ClusterClock; onChange: () => void },
  ) {
    this.slots = slots;
    this.#nodes = new PrefixView(store, keys.nodes, clock, onChange);
    this.#claims = new PrefixView(store, keys.claims, clock, onChange);
    this.#wants = new PrefixView(store, keys.wants, clock, onChange);
    this.#offers = new PrefixView(store, keys.offers, clock, onChange);
    // Those who wait for one look again and again.
    this.#readies = new PrefixView(store, keys.readies, clock, () => {});
    this.#keys = keys;
  }

  async start(): Promise<void> {
    await Promise.all(this.#all.map((view) => view.start()));
  }

  get isReady(): boolean {
    return this.#all.every(({ isReady }) => isReady);
  }

  /** In the order of their names. */
  get nodes(): readonly NodeRecord[] {
    const records = [...this.#nodes.entries.values()].map(({ value }) =>
      parseRecord<NodeRecord>(value, 'id', 'capacity', 'incarnation', 'state'),
    );
    return records.filter((one) => one !== undefined).sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  get #all(): readonly PrefixView[] {
    return [this.#nodes, this.#claims, this.#wants, this.#offers, this.#readies];
  }

  node(id: string): NodeRecord | undefined {
    const entry = this.#nodes.entries.get(this.#keys.node(id));
    return entry && parseRecord<NodeRecord>(entry.value, 'id', 'capacity', 'incarnation', 'state');
  }

  isClaimed(slot: number): boolean {
    return this.#claims.entries.has(this.#keys.claim(slot));
  }

  /** Slots that their owners offer to a node. */
  offersTo(node: string): readonly number[] {
    return [...this.#offers.entries.values()].flatMap(({ key, value }) =>
      parseRecord<OfferRecord>(value, 'to')?.to === node ? [Number(lastPart(key))] : [],
    );
  }

  /** Whether a node is ready for a slot. */
  isReadyFor(slot: number, node: string): boolean {
    const entry = this.#readies.entries.get(this.#keys.ready(slot));
    return entry !== undefined && parseRecord<ClaimRecord>(entry.value, 'node')?.node === node;
  }

  /** By slot. */
  get claims(): ReadonlyMap<number, Claim> {
    const claims = new Map<number, Claim>();
    for (const { key, value, created } of this.#claims.entries.values()) {
      const record = parseRecord<ClaimRecord>(value, 'node', 'incarnation');
      if (record !== undefined) claims.set(Number(lastPart(key)), { ...record, epoch: created });
    }
    return claims;
  }

  /** Node by slot. */
  get wants(): ReadonlyMap<number, string> {
    return new Map([...this.#wants.entries.values()].map(({ key, value }) => [Number(lastPart(key)), value]));
  }

  /** The node that is to have each slot; undefined: nobody takes slots. */
  assignment(): ((slot: number) => string) | undefined {
    const up = this.nodes.filter(({ state }) => state === 'up');
    if (up.length === 0) return undefined;
    const assigned = assignSlots(this.slots, up, this.wants);
    return (slot) => up[assigned[slot]!]!.id;
  }

  close(): void {
    for (const view of this.#all) view.close();
  }
}
