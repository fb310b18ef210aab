import type { ClusterClock } from '../clock.js';
import type { ClusterKeys } from '../keys.js';
import type { ClaimRecord } from '../records.js';
import type { ClusterStore, Lease } from '../store/cluster-store.js';

/**
 * Surroundings in which one side of a hand-over speaks with the other: through keys of the store that end
 * with its lease.
 */
export interface ExchangeParts {
  readonly store: Pick<ClusterStore, 'put' | 'release'>;
  readonly clock: ClusterClock;
  readonly keys: ClusterKeys;
  readonly lease: Lease;
  /** The node, in this life. */
  readonly me: ClaimRecord;
}
