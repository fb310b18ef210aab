import type { MuxerState } from '@cloudpush/muxer';
import { ChannelCounter } from '../../memory/counters.js';
import { Command } from '../../memory/ring.js';
import type { StreamConfig } from '../../options/destination-config.js';
import type { ChannelEncryption } from '../../options/encryption-options.js';
import type { SourceConfig } from '../../options/source-config.js';
import type { ShardHandle } from '../shards/shard-handle.js';
import type { ChannelSegments } from './channel-segments.js';
import type { PacketSender } from './packet-sender.js';
import type { Placement } from './placement.js';

/** What a shard is told of a channel that it gets: what was decided at the start, and what may have changed since. */
export interface ResidentStream {
  readonly config: StreamConfig;
  readonly encryption: ChannelEncryption;
  readonly segments: ChannelSegments;
  /** Undefined: the caller sends the packets. */
  readonly source: { readonly config: SourceConfig } | undefined;
}

/** A channel's residence on one shard after the other: the stream that it has begun on one goes on with the next. */
export class ChannelMigration {
  readonly #placement: Placement;
  readonly #sender: PacketSender;
  readonly #resident: ResidentStream;
  /** What another shard must know to go on with the stream; undefined before it has begun. */
  #stream: MuxerState | undefined;
  /** How far the stream had come when it left its shard, ms. */
  #elapsed = 0;

  constructor(placement: Placement, sender: PacketSender, resident: ResidentStream) {
    this.#placement = placement;
    this.#sender = sender;
    this.#resident = resident;
  }

  /** Hands the channel to its shard; with the stream that it has begun on another one, if it has. */
  open(): void {
    const { shard, channel } = this.#placement;
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
    this.#sender.command(Command.open);
  }

  /** The stream has begun, or its headers have changed. */
  onStream(state: MuxerState): void {
    // Another segment has another clock.
    if (state.origin !== this.#stream?.origin) this.#elapsed = 0;
    this.#stream = state;
  }

  /** The shard holds nothing of the channel any more. Call it before the shard's counters are reset. */
  onLeft(): void {
    const { shard, channel } = this.#placement;
    this.#elapsed = Math.max(this.#elapsed, shard.counters.channels.get(channel, ChannelCounter.elapsed));
  }

  /** Goes on with another shard, after {@link onLeft}. */
  moveTo(shard: ShardHandle): void {
    this.#placement.shard = shard;
    this.#sender.onMigrated();
    this.open();
  }
}
