import type { Lease } from '../store/cluster-store.js';
import type { NodeParts } from './node-parts.js';

/** Between two totals, in ms. */
const INTERVAL = 10_000;

/** Writes the totals of a node again and again, while it has a lease. @returns ends that */
export function sendStatus(
  { clock, store, keys, self, status }: NodeParts,
  lease: () => Lease | undefined,
): () => void {
  let cancel = (): void => {};
  const send = (): void => {
    const held = lease();
    if (held !== undefined && status !== undefined) {
      // The next ones come soon.
      store.put(held, { key: keys.status(self.id), value: JSON.stringify(status()) }).catch(() => {});
    }
    cancel = clock.after(INTERVAL, send);
  };
  send();
  return () => cancel();
}
