import type { MuxerState } from '@cloudpush/muxer';
import type { ErrorData } from '../../base/errors.js';
import { ChannelCounter } from '../../memory/counters.js';
import { Command } from '../../memory/ring.js';
import type { ChannelEncryption } from '../../options/encryption-options.js';
import type { SourceConfig } from '../../options/source-config.js';
import type { StreamConfig } from '../../options/stream-config.js';
import type { Connecting } from '../destination/connection-history.js';
import type { DestinationController } from '../destination/destination-controller.js';
import type { Placement } from '../shards/placement.js';
import type { ShardHandle } from '../shards/shard-handle.js';
import type { ChannelDestinations } from './channel-destinations.js';
import type { ChannelLifecycle } from './channel-lifecycle.js';
import type { ChannelSegments } from './channel-segments.js';
import type { PacketSender } from './packet-sender.js';

/** The stream as a shard is told of it that gets the channel: decided at the start, or changed since. */
export interface ResidentStream {
  readonly config: StreamConfig;
  readonly encryption: ChannelEncryption;
  readonly segments: ChannelSegments;
  /** Undefined: the caller sends the packets. */
  readonly source: { readonly config: SourceConfig } | undefined;
}

/** The parts of a channel that move with it. */
export interface MovingChannel {
  readonly placement: Placement;
  readonly sender: Pick<PacketSender, 'command' | 'onMigrated'>;
  readonly counts: { carry(): void };
  readonly destinations: Pick<ChannelDestinations, 'onShardGone' | 'onMigrated'>;
  readonly lifecycle: Pick<ChannelLifecycle, 'isClosing' | 'endedBy' | 'onMigrated'>;
}

/**
 * A channel's stay on one shard after the other: the stream that it has begun on one goes on with the next.
 */
export class ChannelMigration {
  readonly #channel: MovingChannel;
  readonly #resident: ResidentStream;
  /** The state that another shard goes on from; undefined before the stream has begun. */
  #stream: MuxerState | undefined;
  /** Time of the stream when it left its shard, in ms from its first packet. */
  #elapsed = 0;

  constructor(channel: MovingChannel, resident: ResidentStream) {
    this.#channel = channel;
    this.#resident = resident;
  }

  /** Hands the channel to its shard; with the stream that it has begun on another one, if it has. */
  open(): void {
    const { placement, sender } = this.#channel;
    const { shard, channel } = placement;
    shard.counters.channels.reset(channel);
    shard.counters.sources.reset(channel);
    const state = this.#stream;
    const resume = state === undefined ? undefined : { state, elapsed: this.#elapsed };
    const { config: fixed, encryption, segments, source } = this.#resident;
    const config = {
      ...fixed,
      encryption: encryption.current,
      segment: segments.state,
      source: source?.config,
    };
    shard.post({ type: 'open', channel, config, resume });
    sender.command(Command.open);
  }

  /** The stream has begun, or its headers have changed. */
  onStream(state: MuxerState): void {
    // Another segment has another clock.
    if (state.origin !== this.#stream?.origin) this.#elapsed = 0;
    this.#stream = state;
  }

  /**
   * The shard holds nothing of the channel any more. Its counts are carried over, and destinations that do
   * not go on are over: all of them, where the channel is closing.
   * @param goOn says how a destination goes on; undefined when it does not
   * @param error what the others end with. Default: their last loss.
   * @returns those that go on with another shard: see {@link moveTo}
   */
  leave(
    goOn: (destination: DestinationController) => Connecting | undefined,
    error: ErrorData | undefined,
  ): Map<DestinationController, Connecting> {
    const { placement, counts, destinations, lifecycle } = this.#channel;
    const { shard, channel } = placement;
    // Before the counters of the shard are carried over, and begin at zero.
    this.#elapsed = Math.max(this.#elapsed, shard.counters.channels.get(channel, ChannelCounter.elapsed));
    counts.carry();
    const { isClosing, endedBy } = lifecycle;
    return destinations.onShardGone(isClosing ? () => undefined : goOn, endedBy ?? error);
  }

  /** Goes on with another shard, after {@link leave}. */
  moveTo(shard: ShardHandle, going: ReadonlyMap<DestinationController, Connecting>): void {
    const { placement, sender, destinations, lifecycle } = this.#channel;
    placement.shard = shard;
    sender.onMigrated();
    this.open();
    destinations.onMigrated(going);
    lifecycle.onMigrated();
  }
}
