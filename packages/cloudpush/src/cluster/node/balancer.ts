import { assignSlots } from '../assignment/assignment.js';
import { balance, MOVES_A_MINUTE } from '../assignment/balance.js';
import type { ClusterClock } from '../clock.js';
import type { ClusterKeys } from '../keys.js';
import { readStatusRecord } from '../records.js';
import { type ClusterStore, type Edit, type Lease, MAX_CLAIMS } from '../store/cluster-store.js';
import type { ClusterView } from './cluster-view.js';

/** Between two looks at the load, in ms. */
const INTERVAL = 60_000;

interface BalancerParts {
  readonly store: ClusterStore;
  readonly keys: ClusterKeys;
  readonly clock: ClusterClock;
  /** The node, while it has a lease. */
  readonly node: {
    readonly id: string;
    readonly lease: Lease | undefined;
    readonly view: ClusterView | undefined;
  };
}

/**
 * Once a minute the one node that has the balancer's claim says which slots should move, by the load that the
 * nodes tell.
 */
export class Balancer {
  readonly #parts: BalancerParts;
  #cancel: () => void;
  #isStopped = false;

  constructor(parts: BalancerParts) {
    this.#parts = parts;
    this.#cancel = parts.clock.after(INTERVAL, () => void this.#turn());
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel();
  }

  async #turn(): Promise<void> {
    // The store may be away: the next turn comes.
    await this.balance().catch(() => {});
    if (!this.#isStopped) this.#cancel = this.#parts.clock.after(INTERVAL, () => void this.#turn());
  }

  /** Does what is due now, if this node is the one. @throws StoreError */
  async balance(): Promise<void> {
    const { store, keys, node } = this.#parts;
    const { lease, view } = node;
    if (lease === undefined || view?.isReady !== true) return;
    await store.claim(lease, [{ key: keys.balancer, value: node.id }]);
    const { entries } = await store.list(keys.balancer);
    if (entries[0]?.value !== node.id) return;
    const edits = await this.#edits(view);
    for (let at = 0; at < edits.length; at += MAX_CLAIMS) {
      await store.change(edits.slice(at, at + MAX_CLAIMS));
    }
  }

  async #edits(view: ClusterView): Promise<Edit[]> {
    const { keys } = this.#parts;
    const nodes = view.nodes.filter(({ state }) => state === 'up');
    const hashed = assignSlots(view.slots, nodes);
    const assigned = assignSlots(view.slots, nodes, view.wants);
    const moves = balance(
      { nodes, assigned, loads: await this.#loads(view.slots) },
      view.slots * MOVES_A_MINUTE,
    );
    const edits = [...moves].map(([slot, index]): Edit => {
      const value = hashed[slot] === index ? undefined : nodes[index]!.id;
      return { key: keys.want(slot), value, revision: undefined };
    });
    // Wants of nodes that are gone say nothing, until they come back and are as light as any.
    for (const [slot, id] of view.wants) {
      const isGone = !view.nodes.some((one) => one.id === id);
      if (isGone) edits.push({ key: keys.want(slot), value: undefined, revision: undefined });
    }
    return edits;
  }

  async #loads(slots: number): Promise<Float64Array> {
    const { store, keys } = this.#parts;
    const loads = new Float64Array(slots);
    for (const { value } of (await store.list(keys.statuses)).entries) {
      for (const [slot, load] of Object.entries(readStatusRecord(value)?.loads ?? {})) {
        if (Number(slot) < slots && Number.isFinite(load)) loads[Number(slot)]! += load;
      }
    }
    return loads;
  }
}
