import type { Command } from '../../memory/ring.js';
import type { ShardHandle } from './shard-handle.js';

/**
 * Shard that a channel is on, for all code that must find it there: it moves to another shard when its worker
 * thread dies, or is too busy.
 */
export interface Placement {
  shard: ShardHandle;
  /** The channel's number in shared memory. */
  readonly channel: number;
}

/** A channel's way into its shard, for descriptors that must not be lost. */
export interface CommandSender {
  command(command: Command, argument: number): void;
}
