import type { AssignedNode } from './assignment.js';

/** Slots that a balancer may move in a minute, as a part of all. */
export const MOVES_A_MINUTE = 0.02;
/** Nothing is moved while every node is so close to the mean, as a part of it. */
export const HYSTERESIS = 0.15;
/** Once something is moved, it is gone on until every node is so close. */
const CLOSE_ENOUGH = HYSTERESIS / 2;

/** How the load of a cluster lies. */
interface Balance {
  readonly nodes: readonly AssignedNode[];
  /** The index of a node by slot. */
  readonly assigned: Uint16Array;
  /** Bytes a second by slot. */
  readonly loads: Float64Array;
}

/** Slots that change their node, and the index of the node that they go to. */
export type Moves = ReadonlyMap<number, number>;

interface Standing {
  readonly index: number;
  readonly capacity: number;
  /** Bytes a second above what would be its share. */
  excess: number;
}

/**
 * The moves that bring the nodes closer to their shares of the load, the most useful first.
 * @param most moves
 */
export function balance({ nodes, assigned, loads }: Balance, most: number): Moves {
  const moves = new Map<number, number>();
  const total = loads.reduce((sum, load) => sum + load, 0);
  if (total === 0 || nodes.length < 2) return moves;
  const standings = standingsOf(nodes, assigned, loads, total);
  const share = (standing: Standing): number => (total * standing.capacity) / sumOf(nodes);
  const deviation = (standing: Standing): number => Math.abs(standing.excess) / share(standing);
  if (standings.every((one) => deviation(one) <= HYSTERESIS)) return moves;
  const slotsOf = slotsByNode(nodes.length, assigned, loads);
  // A node that nothing can be taken from any more is not asked again.
  const givers = new Set(standings);
  while (moves.size < most && givers.size > 0) {
    const giver = extreme([...givers], (one) => one.excess / one.capacity);
    const taker = extreme(standings, (one) => -one.excess / one.capacity);
    if (giver.excess <= 0 || (deviation(giver) <= CLOSE_ENOUGH && deviation(taker) <= CLOSE_ENOUGH)) break;
    const slot = bestSlot(slotsOf[giver.index]!, loads, Math.min(giver.excess, -taker.excess));
    if (slot === undefined) {
      givers.delete(giver);
      continue;
    }
    slotsOf[giver.index]!.splice(slotsOf[giver.index]!.indexOf(slot), 1);
    giver.excess -= loads[slot]!;
    taker.excess += loads[slot]!;
    moves.set(slot, taker.index);
  }
  return moves;
}

function sumOf(nodes: readonly AssignedNode[]): number {
  return nodes.reduce((sum, { capacity }) => sum + capacity, 0);
}

function standingsOf(
  nodes: readonly AssignedNode[],
  assigned: Uint16Array,
  loads: Float64Array,
  total: number,
): Standing[] {
  const unit = total / sumOf(nodes);
  const standings = nodes.map(({ capacity }, index) => ({ index, capacity, excess: -unit * capacity }));
  for (const [slot, index] of assigned.entries()) standings[index]!.excess += loads[slot]!;
  return standings;
}

/** Slots of each node that have a load, the heaviest last. */
function slotsByNode(count: number, assigned: Uint16Array, loads: Float64Array): number[][] {
  const slots: number[][] = Array.from({ length: count }, () => []);
  for (const [slot, index] of assigned.entries()) if (loads[slot]! > 0) slots[index]!.push(slot);
  for (const list of slots) list.sort((a, b) => loads[a]! - loads[b]!);
  return slots;
}

/** The heaviest slot that fits; one that is too heavy by less than half is better than none. */
function bestSlot(slots: readonly number[], loads: Float64Array, room: number): number | undefined {
  const fitting = slots.findLast((slot) => loads[slot]! <= room);
  if (fitting !== undefined) return fitting;
  const lightest = slots[0];
  return lightest !== undefined && loads[lightest]! < 1.5 * room ? lightest : undefined;
}

function extreme(standings: readonly Standing[], key: (one: Standing) => number): Standing {
  return standings.reduce((best, one) => (key(one) > key(best) ? one : best));
}
