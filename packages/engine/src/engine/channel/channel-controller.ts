import type { MuxerState } from '@cloudpush/muxer';
import {
  type CloseOptions,
  checkedCloseSignal,
  checkedSignal,
  whenAborted,
} from '../../base/abort-signals.js';
import { abortedError, CloudPushError, type ErrorData, toErrorData } from '../../base/errors.js';
import { Waiters } from '../../base/waiters.js';
import { Command } from '../../memory/ring.js';
import { type ChannelPlan, type DestinationPlan, planDestination } from '../../options/channel-plan.js';
import type { DestinationOptions } from '../../options/options.js';
import { type SourceOptions, sourceConfig } from '../../options/source-options.js';
import type { ChannelStats } from '../../stats/stats.js';
import type { CloseReport } from '../close-report.js';
import type { Destination } from '../destination/destination.js';
import type { Connecting, DestinationController } from '../destination/destination-controller.js';
import { diagnostics } from '../diagnostics.js';
import type { ChannelSlot, EngineServices } from '../engine-services.js';
import type { SegmentReport } from '../events.js';
import type { ShardHandle } from '../shards/shard-handle.js';
import type { EngineSlot } from '../shards/slots.js';
import { SourceController } from '../source/source-controller.js';
import { Channel, type ChannelControl, type ChannelState } from './channel.js';
import { ChannelCounts } from './channel-counts.js';
import { ChannelDestinations } from './channel-destinations.js';
import { ChannelMigration } from './channel-migration.js';
import { ChannelSegments } from './channel-segments.js';
import { MetadataSender } from './metadata-sender.js';
import { PacketSender } from './packet-sender.js';
import type { Placement } from './placement.js';

/**
 * A channel from its opening until it is forgotten, on whichever shards it lives meanwhile: behind the {@link Channel} that
 * the caller holds, what the engine tells of its shard's reports.
 */
export class ChannelController implements ChannelControl {
  /** Unique for the life of the engine. */
  readonly id: number;
  /** The caller's name for it. */
  readonly label: string | undefined;
  readonly channel: Channel;
  readonly destinations: ChannelDestinations;
  /** The way into the shard. */
  readonly sender: PacketSender;
  readonly #services: EngineServices;
  readonly #maxPacket: number;
  readonly #placement: Placement;
  readonly #migration: ChannelMigration;
  /** What the shard reads itself; undefined: the caller sends the packets. */
  readonly source: SourceController | undefined;
  readonly #counts: ChannelCounts;
  readonly #segments: ChannelSegments;
  readonly #waiters = new Waiters();
  /** Stops listening to the signal that aborts the channel. */
  #stopListening: () => void = () => {};
  #leaving = false;
  /** The last destination is over. */
  #ended = false;
  #report: CloseReport | undefined;
  #closeRequested = false;
  /** Why it was aborted, when it was. */
  #abortedBy: ErrorData | undefined;

  /** Nobody hears of the channel before {@link open}. */
  constructor(services: EngineServices, slot: ChannelSlot, plan: ChannelPlan) {
    this.id = slot.id;
    this.label = plan.label;
    this.#services = services;
    this.#maxPacket = services.pool.memory.maxPacket;
    const placement = { shard: slot.shard, channel: slot.number };
    const sender = new PacketSender(services.pool, placement, this.#onPauseChanged);
    const { video, audio, encryption, config } = plan;
    const segments = new ChannelSegments(config.preRoll === undefined);
    this.#segments = segments;
    const metadata = new MetadataSender(sender, encryption, segments);
    const channel = new Channel(this, {
      sender,
      metadata,
      video,
      audio,
      videoConfiguration: config.configurations.video,
      hasSource: plan.source !== undefined,
    });
    const source =
      plan.source && new SourceController({ channel, pool: services.pool, placement, sender }, plan.source);
    const counts = new ChannelCounts(placement, sender, source);
    const waiters = this.#waiters;
    this.#placement = placement;
    this.sender = sender;
    this.source = source;
    this.#counts = counts;
    this.channel = channel;
    this.#migration = new ChannelMigration(placement, sender, { config, encryption, segments, source });
    this.destinations = new ChannelDestinations({
      channel,
      services,
      placement,
      sender,
      segments,
      counts,
      waiters,
    });
    services.pool.gates.open(slot.number);
  }

  /** Hands the channel to its shard, with its first destination. It does not fail. */
  open(slot: EngineSlot, first: DestinationPlan): void {
    this.#migration.open();
    this.destinations.attach(slot, { ...first, signal: undefined });
    this.#stopListening = whenAborted(first.signal, (reason) => this.abort(reason));
  }

  get state(): ChannelState {
    if (this.#report !== undefined) return 'closed';
    if (this.#leaving) return 'closing';
    return this.destinations.isPublishing ? 'publishing' : 'connecting';
  }

  /** True between the events `pause` and `resume`. */
  get paused(): boolean {
    return this.#report === undefined && this.sender.paused;
  }

  /** No packet is taken any more. */
  get isLeaving(): boolean {
    return this.#leaving;
  }

  /** The first thing that went wrong with a destination, or what the channel is aborted with. */
  get #failure(): CloudPushError | undefined {
    const aborted = this.#abortedBy === undefined ? undefined : CloudPushError.from(this.#abortedBy);
    return this.destinations.failure ?? aborted;
  }

  addDestination(options: DestinationOptions): Destination {
    const plan = planDestination(options, this.#maxPacket, this.source !== undefined);
    if (this.#leaving) throw closedError('the channel is closing or closed');
    return this.destinations.attach(this.#services.slots.take(), plan);
  }

  setSource(options: SourceOptions): void {
    const config = sourceConfig(options, this.#maxPacket);
    if (this.#leaving) throw closedError('the channel is closing or closed');
    if (this.source === undefined) throw noSourceError();
    this.source.replace(config);
  }

  async connected(given?: AbortSignal): Promise<void> {
    const signal = checkedSignal(given);
    while (this.#report === undefined) {
      const { isPublishing, everPublished } = this.destinations;
      if (isPublishing || (this.#leaving && everPublished)) return;
      await this.#waiters.next(signal);
    }
    throw this.#report.error ?? closedError('the channel was closed before it was connected');
  }

  async writable(given?: AbortSignal): Promise<void> {
    const signal = checkedSignal(given);
    for (;;) {
      // It never has room again: whoever waits for it in a loop would do so for ever.
      if (this.#leaving) throw this.noMoreError();
      if (!this.paused) return;
      await this.#waiters.next(signal);
    }
  }

  /** No packet is taken, and none will be. */
  noMoreError(): CloudPushError {
    const cause = this.#failure;
    const message = 'the channel is closing or closed, and takes no more packets';
    return new CloudPushError('ERR_CLOUDPUSH_CHANNEL_CLOSED', message, { cause });
  }

  async close(options: CloseOptions): Promise<CloseReport> {
    const signal = checkedCloseSignal(options);
    this.#requestClose();
    const stop = whenAborted(signal, (reason) => this.abort(reason));
    while (this.#report === undefined) await this.#waiters.next(undefined);
    stop();
    return this.#report;
  }

  abort(reason: unknown = abortedError()): void {
    if (this.#ended) return;
    const error = reason instanceof CloudPushError ? reason : abortedError(reason);
    const data = toErrorData(error);
    this.#abortedBy ??= data;
    this.#leave();
    const { shard, channel } = this.#placement;
    shard.post({ type: 'abort', channel, destination: undefined, error: data });
  }

  stats(): ChannelStats {
    return this.#counts.stats(this, this.destinations.all);
  }

  /** Its slot in shared memory, for as long as it is open. */
  get number(): number {
    return this.#placement.channel;
  }

  isOn(shard: ShardHandle): boolean {
    return this.#placement.shard === shard;
  }

  /** The stream has begun, or its headers have changed. */
  onStream(state: MuxerState): void {
    this.#migration.onStream(state);
  }

  /** The last destination has brought a segment to its end. */
  onSegmentEnd(number: number): void {
    const report = this.#segments.onEnd(number);
    if (report !== undefined) this.#tellSegmentEnd(report);
  }

  /** A packet was refused for what is in it. */
  onProblem(error: ErrorData, repeats: number): void {
    const { channel } = this;
    const problem = { error: CloudPushError.from(error), repeats };
    diagnostics.problem.publish(() => ({ ...problem, channel }));
    channel.emit('problem', problem);
  }

  /**
   * The shard is dead, and with it every connection and all that was under way: destinations that may reconnect do so on
   * another shard, the others are over.
   * @returns false when none goes on
   */
  onShardDied(data: ErrorData, lostPackets: number, next: () => ShardHandle): boolean {
    // Of a source, they are slabs of packets: nobody can tell how many of those there were.
    if (this.source === undefined) this.#counts.addLost(lostPackets);
    const going = this.#goingOn((destination) => destination.onShardDied(data), data);
    for (const report of this.#segments.onShardDied()) this.#tellSegmentEnd(report);
    if (going.size === 0) {
      this.onEnded();
      return false;
    }
    this.#moveTo(next(), going);
    this.destinations.tellLost(going);
    return true;
  }

  /**
   * It waits for a connection that was lost, and nothing is being published anywhere. What waits for a first connection is
   * not to be given up.
   */
  get mayLeaveShard(): boolean {
    const { everPublished, isConnecting } = this.destinations;
    // A camera is not to be connected again because a server was lost.
    return !this.#leaving && this.source === undefined && everPublished && isConnecting;
  }

  /**
   * Asks the shard to let the channel go, so that it connects again from another one; {@link onMigrationRefused} or {@link onReleased}
   * is the answer, and no packet is taken before. Media that waits in the shard is lost (`packetsLost`): do it only where
   * that is worth it.
   */
  leaveShard(): void {
    this.sender.leaveShard();
  }

  /** The shard does not let the channel go. */
  onMigrationRefused(): void {
    this.sender.onMigrationRefused();
  }

  /**
   * The shard has let the channel go: its destinations connect from another one, as if they had not moved.
   * @returns false when none does, because the channel was told to end meanwhile
   */
  onReleased(next: () => ShardHandle): boolean {
    const going = this.#goingOn((destination) => destination.onReleased(), undefined);
    if (going.size > 0) this.#moveTo(next(), going);
    else {
      this.sender.onMigrated();
      // The shard does not know the channel any more: it needs no last descriptor.
      this.#closeRequested = true;
      this.onEnded();
    }
    return going.size > 0;
  }

  /** The shard has lost the channel, or never had it: that is the end of it, and of nothing else. */
  onBroken(error: ErrorData): void {
    // It will not answer any more.
    this.sender.onMigrationRefused();
    this.destinations.endAll(error);
    this.onEnded();
  }

  /** The last destination is over, but descriptors may still be on their way to the shard. */
  onEnded(): void {
    this.#leave();
    this.#ended = true;
    this.#stopListening();
    // The last descriptor tells the shard that no other will follow.
    this.#requestClose();
  }

  /**
   * Nothing of the channel is left anywhere: its number is free.
   * @returns what went wrong, if anything
   */
  onForgotten(): CloudPushError | undefined {
    const { channel } = this;
    // Each has ended before; one that has not would never end.
    this.destinations.endAll(toErrorData(closedError('the channel is over')));
    this.#counts.freeze(this.stats());
    const { clean, failure: error } = this.destinations;
    const report = { clean, error };
    this.#report = report;
    this.#waiters.wake();
    // A listener that throws must not keep the engine from its work.
    process.nextTick(() => {
      diagnostics.close.publish(() => ({ ...report, channel }));
      channel.emit('close', report);
    });
    return error;
  }

  /**
   * What a line of the log tells of the channel, and of a destination.
   * @param number the destination's; without one, its first
   */
  logFields(number?: number): object {
    const { id, label } = this;
    return { channel: id, ...(label === undefined ? {} : { label }), ...this.destinations.logFields(number) };
  }

  /**
   * The shard holds nothing of the channel any more. Its counts are carried over, and destinations that do not go on are over.
   * @param error what they end with. Default: their last loss.
   * @returns those that go on with another shard
   */
  #goingOn(
    goOn: (destination: DestinationController) => Connecting | undefined,
    error: ErrorData | undefined,
  ): Map<DestinationController, Connecting> {
    this.#migration.onLeft();
    this.#counts.carry();
    return this.destinations.onShardGone(this.#leaving ? () => undefined : goOn, this.#abortedBy ?? error);
  }

  #moveTo(shard: ShardHandle, going: ReadonlyMap<DestinationController, Connecting>): void {
    this.#migration.moveTo(shard);
    this.destinations.onMigrated(going);
    // Whoever saw the gate closed before the old shard could say so must look again.
    this.#waiters.wake();
  }

  #tellSegmentEnd(report: SegmentReport): void {
    // A listener that throws must not keep the engine from its work.
    process.nextTick(() => this.channel.emit('segmentEnd', report));
  }

  readonly #onPauseChanged = (paused: boolean): void => {
    if (this.#report !== undefined) return;
    const { channel } = this;
    this.#waiters.wake();
    diagnostics[paused ? 'pause' : 'resume'].publish(() => ({ channel }));
    channel.emit(paused ? 'pause' : 'resume');
  };

  #requestClose(): void {
    if (this.#closeRequested) return;
    this.#closeRequested = true;
    this.#leave();
    this.destinations.onChannelClosing();
    this.sender.command(Command.close);
  }

  /** From now on no packet is taken. */
  #leave(): void {
    this.#leaving = true;
    this.sender.close();
    this.source?.close();
    this.#waiters.wake();
  }
}

function noSourceError(): CloudPushError {
  const message = 'the channel was opened without a source: its packets are sent by the caller';
  return new CloudPushError('ERR_CLOUDPUSH_INVALID_STATE', message, { class: 'fatal' });
}

function closedError(message: string): CloudPushError {
  return new CloudPushError('ERR_CLOUDPUSH_CHANNEL_CLOSED', message);
}
