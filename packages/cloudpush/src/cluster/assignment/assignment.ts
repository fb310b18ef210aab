import { hashText, mix } from './hash.js';

/** Slots of a cluster: the pieces in which channels are assigned to nodes. */
export const DEFAULT_SLOTS = 4096;

/** A node that takes slots. */
export interface AssignedNode {
  readonly id: string;
  /** Its share is this part of the sum of all. Larger than 0. */
  readonly capacity: number;
}

/** The slot that a channel of this name is in. */
export function slotOf(name: string, slots: number): number {
  return hashText(name) % slots;
}

/**
 * The node of each slot: the one that scores highest by weighted rendezvous hashing, unless another one is
 * wanted. Whoever knows the same nodes and wants comes to the same answer. When a node comes, only what it
 * gets moves; when one goes, only what it had.
 * @param nodes those that are up
 * @param wants node by slot; nodes that are not up are not heeded
 * @returns the index of a node by slot; without nodes an empty list
 */
export function assignSlots(
  slots: number,
  nodes: readonly AssignedNode[],
  wants: ReadonlyMap<number, string> = new Map(),
): Uint16Array {
  if (nodes.length === 0) return new Uint16Array();
  const seeds = Uint32Array.from(nodes, ({ id }) => hashText(id));
  const others = Uint32Array.from(nodes, ({ id }) => hashText(`${id}/`));
  const assigned = new Uint16Array(slots);
  for (let slot = 0; slot < slots; slot++) {
    assigned[slot] = highest(slot, nodes, seeds, others);
  }
  const indexes = new Map(nodes.map(({ id }, index) => [id, index]));
  for (const [slot, id] of wants) {
    const index = indexes.get(id);
    if (index !== undefined && slot < slots) assigned[slot] = index;
  }
  return assigned;
}

function highest(
  slot: number,
  nodes: readonly AssignedNode[],
  seeds: Uint32Array,
  others: Uint32Array,
): number {
  const mixed = mix(slot + 1);
  let best = 0;
  let bestScore = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < nodes.length; index++) {
    const score = nodes[index]!.capacity / -Math.log(uniform(mixed ^ seeds[index]!, mixed ^ others[index]!));
    // A tie, were there one, falls the same way whatever the order of the nodes.
    if (score > bestScore || (score === bestScore && nodes[index]!.id < nodes[best]!.id)) {
      best = index;
      bestScore = score;
    }
  }
  return best;
}

/** A number above 0 and below 1, of 53 bits. */
function uniform(high: number, low: number): number {
  return ((mix(high) >>> 5) * 2 ** 26 + (mix(low) >>> 6) + 0.5) / 2 ** 53;
}
