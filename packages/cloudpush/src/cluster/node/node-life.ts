import { randomUUID } from 'node:crypto';
import type { NodeRecord, NodeStanding } from '../records.js';
import type { Lease } from '../store/cluster-store.js';
import type { ClusterView } from './cluster-view.js';
import { LeaseKeeper, type LeaseOwner } from './lease-keeper.js';
import type { NodeParts } from './node-parts.js';
import { SlotClaims } from './slot-claims.js';

/** A lease that a node has been granted, with nothing but the node's record on it. */
export interface GrantedLease {
  readonly lease: Lease;
  /** When it was asked for, in ms of the clock. */
  readonly sentAt: number;
  readonly incarnation: string;
}

/**
 * Asks for a lease, drops what runs, and writes the new incarnation: others read that as the end of the old
 * one.
 * @throws StoreError
 */
export async function grantLease(parts: NodeParts, standing: () => NodeStanding): Promise<GrantedLease> {
  const { store, clock, owner, onLease } = parts;
  const sentAt = clock.now();
  const lease = await store.join(parts.ttl);
  try {
    await onLease?.(lease.id);
    await owner.drop();
    const incarnation = randomUUID();
    await writeNode(parts, { lease, incarnation }, standing());
    return { lease, sentAt, incarnation };
  } catch (error) {
    void store.leave(lease).catch(() => {});
    throw error;
  }
}

async function writeNode(
  { store, keys, self }: NodeParts,
  { lease, incarnation }: Pick<GrantedLease, 'lease' | 'incarnation'>,
  state: NodeStanding,
): Promise<void> {
  const record: NodeRecord = { ...self, incarnation, state, prepares: true };
  await store.put(lease, { key: keys.node(self.id), value: JSON.stringify(record) });
}

/** One life of a node, from its lease to the end of that. */
export class NodeLife {
  readonly keeper: LeaseKeeper;
  readonly claims: SlotClaims;
  readonly #parts: NodeParts;
  readonly #granted: GrantedLease;

  constructor(parts: NodeParts, granted: GrantedLease, view: ClusterView, owner: LeaseOwner) {
    const { store, keys, clock } = parts;
    const { lease, sentAt, incarnation } = granted;
    this.#parts = parts;
    this.#granted = granted;
    const me = { node: parts.self.id, incarnation };
    this.claims = new SlotClaims({ store, keys, clock, owner: parts.owner, lease, me, view });
    this.keeper = new LeaseKeeper(lease, sentAt, { store, clock, owner });
  }

  /** Tells the others how the node stands. @throws StoreError */
  async stand(standing: NodeStanding): Promise<void> {
    await writeNode(this.#parts, this.#granted, standing);
  }

  end(): void {
    this.keeper.stop();
    this.claims.end();
  }
}
