import type { ClusterClock } from '../clock.js';
import type { ClusterKeys } from '../keys.js';
import type { NodeRecord, StatusRecord } from '../records.js';
import type { ClusterStore } from '../store/cluster-store.js';
import type { NodeFence } from './node-fence.js';
import type { SlotOwner } from './slot-owner.js';

/** Facts that a node tells of itself: all but those of its present life. */
type NodeSelf = Omit<NodeRecord, 'state' | 'incarnation' | 'prepares'>;

/**
 * `leaseLost`: the store says so · `fenced`: it could not be renewed in time · `isolated`: the same, and what
 * is connected goes on · `malformed`: the store has something of nodes or owners that cannot be read.
 */
export type NodeEventType =
  | 'joined'
  | 'isolated'
  | 'reconnected'
  | 'fenced'
  | 'leaseLost'
  | 'draining'
  | 'malformed'
  | 'refused';

/** Parts of a node. */
export interface NodeParts {
  readonly store: ClusterStore;
  readonly keys: ClusterKeys;
  readonly clock: ClusterClock;
  readonly self: NodeSelf;
  /** ms */
  readonly ttl: number;
  readonly fence: NodeFence;
  readonly owner: SlotOwner;
  /** The lease of the life before, if it may still be there. */
  readonly predecessor?: string | undefined;
  /** A lease has been granted: told before anything hangs on it. */
  onLease?(id: string): Promise<void>;
  onEvent?(type: NodeEventType, message: string): void;
  /** Totals, for the others. */
  status?(): StatusRecord;
}
