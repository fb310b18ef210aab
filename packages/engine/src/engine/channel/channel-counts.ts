import { ChannelCounter } from '../../memory/counters.js';
import type { SourceStats } from '../../stats/source-stats.js';
import type { ChannelStats, DestinationTotals } from '../../stats/stats.js';
import { addTotals, NO_DESTINATION_TOTALS } from '../../stats/totals.js';
import type { Destination } from '../destination/destination.js';
import type { Placement } from '../shards/placement.js';
import type { SourceController } from '../source/source-controller.js';
import type { PacketSender } from './packet-sender.js';

/**
 * The figures of a channel: counted by its shard, by those that it has left, by its destinations, and by
 * those that are over.
 */
export class ChannelCounts {
  readonly #placement: Placement;
  readonly #sender: PacketSender;
  readonly #source: SourceController | undefined;
  /** Of destinations that are over. */
  #finished = NO_DESTINATION_TOTALS;
  /** Counted on shards that the channel has left. */
  #packetsInvalid = 0;
  #packetsLost = 0;
  #packetsBetweenSegments = 0;
  /** The counts as they were when the channel ended: its number may be in other hands now. */
  #last: ChannelStats | undefined;

  constructor(placement: Placement, sender: PacketSender, source: SourceController | undefined) {
    this.#placement = placement;
    this.#sender = sender;
    this.#source = source;
  }

  get source(): SourceStats | undefined {
    return this.#last === undefined ? this.#source?.stats() : this.#last.source;
  }

  /** @param destinations those that are not over */
  stats(
    { state, paused }: Pick<ChannelStats, 'state' | 'paused'>,
    destinations: readonly Destination[],
  ): ChannelStats {
    if (this.#last !== undefined) return this.#last;
    const open = destinations.map((destination) => destination.stats());
    return {
      ...open.reduce<DestinationTotals>(addTotals, this.#finished),
      state,
      source: this.#source?.stats(),
      queuedMs: Math.max(0, ...open.map(({ queuedMs }) => queuedMs)),
      bitRate: open.reduce((sum, { bitRate }) => sum + bitRate, 0),
      paused,
      queuedBytes: this.#sender.heldBytes,
      packetsRefused: this.#sender.refused,
      packetsInvalid: this.#packetsInvalid + this.#onShard(ChannelCounter.packetsInvalid),
      packetsLost: this.#packetsLost + this.#onShard(ChannelCounter.packetsLost),
      packetsBetweenSegments:
        this.#packetsBetweenSegments + this.#onShard(ChannelCounter.packetsBetweenSegments),
      pauses: this.#sender.pauses,
      pausedMs: this.#sender.pausedMs,
    };
  }

  /** A destination is over. */
  addFinished(totals: DestinationTotals): void {
    this.#finished = addTotals(this.#finished, totals);
  }

  /** Packets were lost that no shard can count any more. */
  addLost(packets: number): void {
    this.#packetsLost += packets;
  }

  /** The shard counts no more: another one begins at zero. */
  carry(): void {
    this.#packetsInvalid += this.#onShard(ChannelCounter.packetsInvalid);
    this.#packetsLost += this.#onShard(ChannelCounter.packetsLost);
    this.#packetsBetweenSegments += this.#onShard(ChannelCounter.packetsBetweenSegments);
    this.#placement.shard.counters.channels.reset(this.#placement.channel);
    this.#source?.onShardLeft();
  }

  /** Nothing is counted any more: what there was at last stays. */
  freeze(last: ChannelStats): void {
    this.#last = { ...last, state: 'closed', paused: false, queuedBytes: 0, queuedMs: 0, bitRate: 0 };
  }

  #onShard(counter: ChannelCounter): number {
    return this.#placement.shard.counters.channels.get(this.#placement.channel, counter);
  }
}
