import { slotOf } from '../../cluster/assignment/assignment.js';
import type { StatusRecord } from '../../cluster/records.js';
import type { ChannelState } from '../state.js';

/**
 * Sums up what leaves a node, as the others are told of it. Slots that send nothing are left out: of a cluster
 * at rest these would be most of what its store is written.
 * @param slots of the cluster
 */
export function nodeStatus(
  states: readonly Pick<ChannelState, 'name' | 'destinations'>[],
  slots: number,
): StatusRecord {
  const loads: Record<string, number> = {};
  let load = 0;
  for (const { name, destinations } of states) {
    const bytes = Math.round(destinations.reduce((sum, { bitRate }) => sum + bitRate, 0) / 8);
    if (bytes === 0) continue;
    const slot = slotOf(name, slots);
    loads[slot] = (loads[slot] ?? 0) + bytes;
    load += bytes;
  }
  return { channels: states.length, load, loads };
}
