import type { CloudPushError } from '../../base/errors.js';
import type { PacketDescriptor } from '../channel/held-packets.js';
import type { PacketBlock } from '../channel/packet-block.js';
import type { Counted, ShardContext } from '../shard-context.js';

/** The shard of sources, as far as they need it. */
export interface SourceContext extends ShardContext {
  /** Has the counters of a channel published before long. */
  touch(channel: Counted): void;
  /** Hands what was gathered to the kernel. */
  flush(): void;
}

/** The channel of a source, as far as it needs it. */
export interface SourceChannel extends Counted {
  /** The channel's number. */
  readonly number: number;
  /** Takes a packet. */
  take(packet: PacketDescriptor, block: PacketBlock): void;
  /** A packet of the source has been released. */
  countReturned(block: PacketBlock): void;
  /** A packet of the source has been sent, and is kept. */
  noteSent(block: PacketBlock): void;
  /** No second track will come. */
  beginWithoutTrack(): void;
  /** The channel holds much of the pool. */
  relieve(): void;
  /** A packet of the source was refused before it could be handed over. */
  refuseFromSource(error: CloudPushError): void;
  /** Ends the channel, on a fault. */
  fail(error: Error): void;
}
