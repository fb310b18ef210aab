import { assignSlots } from '../assignment/assignment.js';
import type { ClusterClock } from '../clock.js';
import { type ClusterKeys, lastPart, lastSlot } from '../keys.js';
import {
  type ClaimRecord,
  type KeyFrames,
  type NodeRecord,
  readClaimRecord,
  readNodeRecord,
  readOfferRecord,
  readReadyRecord,
} from '../records.js';
import type { ClusterStore, Entry } from '../store/cluster-store.js';
import { PrefixView } from './prefix-view.js';

/** A slot's owner, as the store says. */
interface Claim extends ClaimRecord {
  readonly slot: number;
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
  /** Key frames that were told with the latest offer of each slot: the offer is taken back right behind that. */
  readonly #told = new Map<number, { readonly offer: string; readonly keyFrames: KeyFrames }>();
  /** Entries that have been read: there are thousands, and few change at a time. */
  readonly #read = new WeakMap<Entry, Claim | 'malformed'>();

  constructor(
    store: ClusterStore,
    keys: ClusterKeys,
    { slots, clock, onChange }: { slots: number; clock: ClusterClock; onChange: () => void },
  ) {
    this.slots = slots;
    this.#nodes = new PrefixView({ store, prefix: keys.nodes, clock, onChange });
    this.#claims = new PrefixView({ store, prefix: keys.claims, clock, onChange });
    this.#wants = new PrefixView({ store, prefix: keys.wants, clock, onChange });
    const onPut = (entry: Entry): void => this.#noteOffer(entry);
    this.#offers = new PrefixView({ store, prefix: keys.offers, clock, onChange, onPut });
    // Those who wait for one look again and again.
    this.#readies = new PrefixView({ store, prefix: keys.readies, clock, onChange: () => {} });
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
    const records = [...this.#nodes.entries.values()].map(nodeOf);
    return records.filter((one) => one !== undefined).sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  get #all(): readonly PrefixView[] {
    return [this.#nodes, this.#claims, this.#wants, this.#offers, this.#readies];
  }

  node(id: string): NodeRecord | undefined {
    const entry = this.#nodes.entries.get(this.#keys.node(id));
    return entry && nodeOf(entry);
  }

  /**
   * Nodes and owners that cannot be read: the store has them from elsewhere, and nobody here changes them.
   */
  get malformed(): readonly Entry[] {
    return [
      ...[...this.#nodes.entries.values()].filter((entry) => nodeOf(entry) === undefined),
      ...[...this.#claims.entries.values()].filter((entry) => this.#claimOf(entry) === undefined),
    ];
  }

  isClaimed(slot: number): boolean {
    return this.#claims.entries.has(this.#keys.claim(slot));
  }

  /** Key frames that the channels of a slot begin with that was offered so; undefined: its owner has not told. */
  keyFramesOf(slot: number, offer: string): KeyFrames | undefined {
    const told = this.#told.get(slot);
    return told?.offer === offer ? told.keyFrames : undefined;
  }

  /** Slots that their owners offer to a node, each with that offer. */
  offersTo(node: string): ReadonlyMap<number, string> {
    const offers = new Map<number, string>();
    for (const { key, value } of this.#offers.entries.values()) {
      const record = readOfferRecord(value);
      const slot = lastSlot(key, this.slots);
      if (record?.to === node && slot !== undefined) offers.set(slot, record.offer);
    }
    return offers;
  }

  /**
   * Whether a node is ready for a slot, since it was offered so: an answer to another offer does not count.
   */
  isReadyFor(slot: number, node: string, offer: string): boolean {
    const entry = this.#readies.entries.get(this.#keys.ready(slot));
    const record = entry && readReadyRecord(entry.value);
    return record?.node === node && record.offer === offer;
  }

  /** By slot. */
  get claims(): ReadonlyMap<number, Claim> {
    const claims = new Map<number, Claim>();
    for (const entry of this.#claims.entries.values()) {
      const claim = this.#claimOf(entry);
      if (claim !== undefined) claims.set(claim.slot, claim);
    }
    return claims;
  }

  /** Node by slot. */
  get wants(): ReadonlyMap<number, string> {
    const wants = new Map<number, string>();
    for (const { key, value } of this.#wants.entries.values()) {
      const slot = lastSlot(key, this.slots);
      if (slot !== undefined) wants.set(slot, value);
    }
    return wants;
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

  #noteOffer({ key, value }: Entry): void {
    const slot = lastSlot(key, this.slots);
    const { offer, keyFrames } = readOfferRecord(value) ?? {};
    if (slot === undefined || offer === undefined) return;
    if (keyFrames === undefined) this.#told.delete(slot);
    else this.#told.set(slot, { offer, keyFrames });
  }

  #claimOf(entry: Entry): Claim | undefined {
    const known = this.#read.get(entry);
    if (known !== undefined) return known === 'malformed' ? undefined : known;
    const [slot, record] = [lastSlot(entry.key, this.slots), readClaimRecord(entry.value)];
    const isClaim = slot !== undefined && record !== undefined;
    const claim = isClaim ? { ...record, slot, epoch: entry.created } : undefined;
    this.#read.set(entry, claim ?? 'malformed');
    return claim;
  }
}

/** The node that an entry stands for; undefined: none that is of that name. */
function nodeOf({ key, value }: Entry): NodeRecord | undefined {
  const record = readNodeRecord(value);
  return record?.id === lastPart(key) ? record : undefined;
}
