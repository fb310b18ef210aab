import type { MuxerState } from '@cloudpush/muxer';
import { type ChannelCloseOptions, checkedSignal } from '../../base/abort-signals.js';
import { CloudPushError, type ErrorData, toErrorData } from '../../base/errors.js';
import { Waiters } from '../../base/waiters.js';
import type { StreamMetadata } from '../../metadata/types.js';
import { type ChannelPlan, type DestinationPlan, planDestination } from '../../options/channel-plan.js';
import { sourceConfig } from '../../options/checked-source.js';
import type { DestinationOptions } from '../../options/options.js';
import type { SourceOptions } from '../../options/source-options.js';
import type { SourceStats } from '../../stats/source-stats.js';
import type { ChannelStats } from '../../stats/stats.js';
import type { CloseReport } from '../close-report.js';
import type { Destination } from '../destination/destination.js';
import type { ChannelSlot, EngineServices } from '../engine-services.js';
import type { Placement } from '../shards/placement.js';
import type { ShardHandle } from '../shards/shard-handle.js';
import type { EngineSlot } from '../shards/slots.js';
import { SourceController } from '../source/source-controller.js';
import { Channel } from './channel.js';
import type { ChannelControl, ChannelState } from './channel-control.js';
import { ChannelCounts } from './channel-counts.js';
import { ChannelDestinations } from './channel-destinations.js';
import { ChannelEnding } from './channel-ending.js';
import { ChannelLifecycle, closedError } from './channel-lifecycle.js';
import { ChannelMigration } from './channel-migration.js';
import { ChannelObserver } from './channel-observer.js';
import { ChannelSegments, firstSegment } from './channel-segments.js';
import { MetadataSender } from './metadata-sender.js';
import { noSourceError } from './packet-arguments.js';
import { PacketSender } from './packet-sender.js';

/**
 * A channel from its opening until it is forgotten, on whichever shards it lives meanwhile: the engine's side
 * of the {@link Channel} that the caller holds, and of its shard's reports.
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
  readonly segments: ChannelSegments;
  /** Read by the shard itself; undefined: the caller sends the packets. */
  readonly source: SourceController | undefined;
  readonly #services: EngineServices;
  readonly #placement: Placement;
  readonly #observer: ChannelObserver;
  readonly #metadata: MetadataSender;
  readonly #counts: ChannelCounts;
  readonly #lifecycle: ChannelLifecycle;
  readonly #migration: ChannelMigration;
  readonly #ending: ChannelEnding;
  readonly #waiters = new Waiters();

  /** Nobody hears of the channel before {@link open}. */
  constructor(services: EngineServices, slot: ChannelSlot, plan: ChannelPlan) {
    const { pool } = services;
    const { video, audio, encryption, config } = plan;
    const waiters = this.#waiters;
    const placement = { shard: slot.shard, channel: slot.number };
    this.id = slot.id;
    this.label = plan.label;
    this.#services = services;
    this.#placement = placement;
    const sender = new PacketSender(pool, placement, this.#onPauseChanged);
    this.sender = sender;
    const input = { sender, video, audio, videoConfiguration: config.configurations.video };
    this.channel = new Channel(this, { ...input, hasSource: plan.source !== undefined });
    const observer = new ChannelObserver(this.channel);
    this.#observer = observer;
    const segments = new ChannelSegments(observer, firstSegment(config));
    this.segments = segments;
    this.#metadata = new MetadataSender(sender, encryption, segments);
    const source = plan.source && new SourceController({ observer, pool, placement, sender }, plan.source);
    this.source = source;
    const counts = new ChannelCounts(placement, sender, source);
    this.#counts = counts;
    const owner = { observer, services, placement, sender, segments, counts, waiters };
    const destinations = new ChannelDestinations(owner);
    this.destinations = destinations;
    this.#lifecycle = new ChannelLifecycle(destinations, sender, waiters, config.standby);
    const moving = { placement, sender, counts, destinations, lifecycle: this.#lifecycle };
    this.#migration = new ChannelMigration(moving, { config, encryption, segments, source });
    this.#ending = new ChannelEnding({ ...moving, services, source });
    pool.gates.open(slot.number);
  }

  /** Hands the channel to its shard, with its first destination, if there is one. It does not fail. */
  open(first: { readonly slot: EngineSlot; readonly plan: DestinationPlan } | undefined): void {
    this.#migration.open();
    if (first === undefined) return;
    this.destinations.attach(first.slot, { ...first.plan, signal: undefined });
    this.#ending.abortWith(first.plan.signal);
  }

  get state(): ChannelState {
    return this.#lifecycle.state;
  }

  get paused(): boolean {
    return this.#lifecycle.paused;
  }

  get isClosing(): boolean {
    return this.#lifecycle.isClosing;
  }

  addDestination(options: DestinationOptions): Destination {
    const plan = planDestination(options, this.#services.planning, this.source !== undefined);
    if (this.isClosing) throw closedError('the channel is closing or closed');
    return this.destinations.attach(this.#services.slots.take(), plan);
  }

  setSource(options: SourceOptions): void {
    const config = sourceConfig(options, this.#services.pool.memory.maxPacket);
    if (this.isClosing) throw closedError('the channel is closing or closed');
    if (this.source === undefined) throw noSourceError();
    this.source.replace(config);
  }

  sendMetadata(metadata: StreamMetadata, pts: number | undefined): boolean {
    return this.#metadata.send(metadata, pts);
  }

  async connected(given?: AbortSignal): Promise<void> {
    await this.#lifecycle.connected(checkedSignal(given));
  }

  async writable(given?: AbortSignal): Promise<void> {
    await this.#lifecycle.writable(checkedSignal(given));
  }

  noMoreError(): CloudPushError {
    return this.#lifecycle.noMoreError();
  }

  async standingBy(given?: AbortSignal): Promise<void> {
    await this.#lifecycle.standingBy(checkedSignal(given));
  }

  beginWith(keyFrame: string): void {
    if (this.isClosing) throw closedError('the channel is closing or closed');
    this.segments.requireStandby(keyFrame);
    const { shard, channel } = this.#placement;
    shard.post({ type: 'beginWith', channel, keyFrame });
  }

  async close(options: ChannelCloseOptions): Promise<CloseReport> {
    return await this.#ending.close(options);
  }

  abort(reason?: unknown): void {
    this.#ending.abort(reason);
  }

  sourceStats(): SourceStats | undefined {
    return this.#counts.source;
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

  /** A key frame is kept for the first destination, or that has come. */
  onStandingBy(): void {
    this.#lifecycle.onStandingBy();
  }

  /** The key frame has come that the channel is to end before. */
  onKeyFrame(keyFrame: string | undefined): void {
    this.#ending.onKeyFrame(keyFrame);
  }

  /** A packet was refused for what is in it. */
  onProblem(error: ErrorData, repeats: number): void {
    this.#observer.problem({ error: CloudPushError.from(error), repeats });
  }

  /**
   * The shard is dead, and with it every connection and all that was under way: destinations that may
   * reconnect do so on another shard, the others are over.
   * @returns false when none goes on
   */
  onShardDied(data: ErrorData, lostPackets: number, next: () => ShardHandle): boolean {
    // Of a source, they are slabs of packets: nobody can tell how many of those there were.
    if (this.source === undefined) this.#counts.addLost(lostPackets);
    const going = this.#migration.leave((destination) => destination.onShardDied(data), data);
    this.segments.onShardDied();
    if (going.size === 0) {
      this.onEnded(data);
      return false;
    }
    this.#migration.moveTo(next(), going);
    this.destinations.tellLost(going);
    return true;
  }

  /** A connection was lost, and nothing is published. A channel that waits for its first one stays. */
  get mayLeaveShard(): boolean {
    const { everPublished, isConnecting } = this.destinations;
    // A camera is not to be connected again because a server was lost.
    return !this.isClosing && this.source === undefined && everPublished && isConnecting;
  }

  /**
   * Asks the shard to let the channel go, to connect from another one: {@link onReleased} is the answer, or
   * the sender's `onMigrationRefused`. Media that waits in the shard is lost (`packetsLost`).
   */
  leaveShard(): void {
    this.sender.leaveShard();
  }

  /**
   * The shard has let the channel go: its destinations connect from another one, as if they had not moved.
   * @returns false when none does, because the channel was told to end meanwhile
   */
  onReleased(next: () => ShardHandle): boolean {
    const going = this.#migration.leave((destination) => destination.onReleased(), undefined);
    if (going.size > 0) this.#migration.moveTo(next(), going);
    else {
      this.sender.onMigrated();
      // The shard does not know the channel any more: it needs no last descriptor.
      this.#ending.end();
    }
    return going.size > 0;
  }

  /** The shard has lost the channel, or never had it: that is the end of it, and of nothing else. */
  onBroken(error: ErrorData): void {
    // It will not answer any more.
    this.sender.onMigrationRefused();
    this.destinations.endAll(error);
    this.onEnded(error);
  }

  /**
   * The last destination is over, or there was none, but descriptors may still be on their way to the shard.
   * @param error the fault that the channel ended on, if there was one
   */
  onEnded(error?: ErrorData): void {
    this.#ending.onEnded(error);
  }

  /**
   * Nothing of the channel is left anywhere: its number is free.
   * @returns what went wrong, if anything
   */
  onForgotten(): CloudPushError | undefined {
    // Each has ended before; one that has not would never end.
    this.destinations.endAll(toErrorData(closedError('the channel is over')));
    this.#counts.freeze(this.stats());
    const report = this.#lifecycle.close();
    this.#observer.closed(report);
    return report.error;
  }

  /**
   * The fields by which a line of the log names the channel, and a destination.
   * @param number the destination's; without one, its first
   */
  logFields(number?: number): object {
    const { id, label } = this;
    return { channel: id, ...(label === undefined ? {} : { label }), ...this.destinations.logFields(number) };
  }

  readonly #onPauseChanged = (paused: boolean): void => {
    if (this.state === 'closed') return;
    this.#waiters.wake();
    this.#observer.pauseChanged(paused);
  };
}
