import type { PacketRoom } from './packet-sender.js';
import type { Seat, Seats } from './seats.js';
import type { ShardClient } from './shard/shard-client.js';
import type { TargetCache } from './token/target-cache.js';

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
