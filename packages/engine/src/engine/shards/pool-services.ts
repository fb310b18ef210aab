import type { EngineClock } from '../../base/clock.js';
import type { CloudPushError } from '../../base/errors.js';
import type { Gates } from '../../memory/gates.js';
import type { MediaMemory } from '../../memory/media-memory.js';
import type { RelievableChannels } from './relievable-channels.js';

/** A sender or source that waits for room in the pool. */
export interface RoomWaiter {
  /** Blocks have been released. */
  retry(): void;
}

/** The engine's pool, as the packets of a channel need it. */
export interface PoolServices {
  /** Measures pauses, and waits. */
  readonly clock: EngineClock;
  readonly memory: MediaMemory;
  readonly gates: Gates;
  /** Those whose shard can drop something of what they hold. */
  readonly relievable: RelievableChannels;
  /** Calls `waiter.retry()` when blocks have been released. */
  awaitRoom(waiter: RoomWaiter): void;
  /** The pool is too small for what the channel sends. */
  tellTooSmall(channel: number, error: CloudPushError): void;
}
