import type { ShardHandle } from '../shards/shard-handle.js';

/**
 * Shard that a channel is on, for all code that must find it there: it moves to another shard when its worker
 * thread dies, or is too busy.
 */
export interface Placement {
  shard: ShardHandle;
  /** The channel's number in shared memory. */
  readonly channel: number;
}
