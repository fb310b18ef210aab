import { assignSlots } from '../assignment/assignment.js';
import type { ClusterClock } from '../clock.js';
import { type ClusterKeys, lastPart } from '../keys.js';
import { type ClaimRecord, type NodeRecord, parseRecord } from '../records.js';
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

  constructor(
    store: ClusterStore,
    keys: ClusterKeys,
    { slots, clock, onChange }: { slots: number; clock: ClusterClock; onChange: () => void },
  ) {
    this.slots = slots;
    this.#nodes = new PrefixView(store, keys.nodes, clock, onChange);
    this.#claims = new PrefixView(store, keys.claims, clock, onChange);
    this.#wants = new PrefixView(store, keys.wants, clock, onChange);
  }

  async start(): Promise<void> {
    await Promise.all([this.#nodes.start(), this.#claims.start(), this.#wants.start()]);
  }

  get isReady(): boolean {
    return this.#nodes.isReady && this.#claims.isReady && this.#wants.isReady;
  }

  /** In the order of their names. */
  get nodes(): readonly NodeRecord[] {
    const records = [...this.#nodes.entries.values()].map(({ value }) =>
      parseRecord<NodeRecord>(value, 'id', 'capacity', 'incarnation', 'state'),
    );
    return records.filter((one) => one !== undefined).sort((a, b) => (a.id < b.id ? -1 : 1));
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
    for (const view of [this.#nodes, this.#claims, this.#wants]) view.close();
  }
}
