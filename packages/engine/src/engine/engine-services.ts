import type { TargetCache } from '../targets/target-cache.js';
import type { PacketRoom } from './channel/packet-sender.js';
import type { ShardClient } from './shards/shard-handle.js';
import type { Seat, Seats } from './shards/slots.js';

/** What a channel needs of its engine. */
export interface ChannelHost {
  readonly room: PacketRoom;
  /** Finds the targets of destinations that have no URL of their own. */
  readonly targets: TargetCache;
  /** Of destinations. */
  readonly seats: Seats;
}

/** The place that an engine has for one of its channels. */
export interface ChannelSeat extends Seat {
  readonly shard: ShardClient;
}
