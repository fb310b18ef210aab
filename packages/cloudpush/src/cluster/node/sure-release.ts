import type { ClusterClock } from '../clock.js';
import { type ClusterStore, isStoreError, type Lease } from '../store/cluster-store.js';

/** Before a release is asked for again that was not answered, in ms. */
const RELEASE_AGAIN = 200;

interface ReleaseParts {
  readonly store: Pick<ClusterStore, 'release'>;
  readonly clock: ClusterClock;
  readonly lease: Lease;
}

/**
 * Gives up keys that must not stay for the life of their lease, as often as the store needs to be asked.
 * @param keys those that are to go still, asked before each attempt; none: it is done
 * @throws StoreError other than `unavailable`
 */
export async function releaseForSure(
  { store, clock, lease }: ReleaseParts,
  keys: () => readonly string[],
): Promise<void> {
  for (let left = keys(); left.length > 0; left = keys()) {
    try {
      await store.release(lease, left);
      return;
    } catch (error) {
      if (!isStoreError(error, 'unavailable')) throw error;
      await new Promise<void>((resolve) => clock.after(RELEASE_AGAIN, resolve));
    }
  }
}
