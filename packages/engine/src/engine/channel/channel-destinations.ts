import type { AmfValue, ConnectTimings } from '@cloudpush/transport';
import { CloudPushError, type ErrorData, toErrorData } from '../../base/errors.js';
import type { Waiters } from '../../base/waiters.js';
import type { DestinationPlan } from '../../options/channel-plan.js';
import type { GapReport } from '../../protocol/spool-messages.js';
import type { BitrateAdvice, SegmentTotals } from '../../protocol/stream.js';
import type { TargetReason } from '../../targets/push-target.js';
import type { Connecting } from '../destination/connection-history.js';
import type { Destination } from '../destination/destination.js';
import { DestinationController } from '../destination/destination-controller.js';
import type { EngineServices } from '../engine-services.js';
import type { Placement } from '../shards/placement.js';
import type { EngineSlot } from '../shards/slots.js';
import type { ChannelCounts } from './channel-counts.js';
import type { ChannelObserver } from './channel-observer.js';
import type { ChannelSegments } from './channel-segments.js';
import type { PacketSender } from './packet-sender.js';

/** The channel, as its destinations need it. */
export interface DestinationsOwner {
  readonly observer: ChannelObserver;
  readonly services: EngineServices;
  readonly placement: Placement;
  readonly sender: PacketSender;
  readonly segments: ChannelSegments;
  readonly counts: ChannelCounts;
  /** Calls that wait for the channel to be connected. */
  readonly waiters: Waiters;
}

/**
 * The destinations of a channel that are not over, by their number in shared memory, and how the others
 * ended. What the shard reports of one of them may come when it is over already, and is no news then.
 */
export class ChannelDestinations {
  readonly #owner: DestinationsOwner;
  readonly #open = new Map<number, DestinationController>();
  /** Those whose ends do not count: somebody only looks on. */
  readonly #observers = new Set<DestinationController>();
  #everAttached = false;
  #everPublished = false;
  #clean = true;
  #failure: CloudPushError | undefined;
  /** Of the destination that a line told of last: the channel's last lines come when none is left. */
  #lastFields: object = {};

  constructor(owner: DestinationsOwner) {
    this.#owner = owner;
  }

  /** Those that have part in the disk spool. */
  get spooled(): readonly DestinationController[] {
    return [...this.#open.values()].filter(({ hasSpool }) => hasSpool);
  }

  /** As the caller holds them. */
  get all(): readonly Destination[] {
    return [...this.#open.values()].map(({ destination }) => destination);
  }

  get isPublishing(): boolean {
    return this.all.some(({ state }) => state === 'publishing');
  }

  /** None is being published to, and none is about to end. */
  get isConnecting(): boolean {
    return this.all.every(({ state }) => state === 'connecting');
  }

  /** One has been connected, whatever has become of it since. */
  get everPublished(): boolean {
    return this.#everPublished;
  }

  /** There is a destination, or has been one. */
  get everAttached(): boolean {
    return this.#everAttached;
  }

  /** Every destination that is over ended cleanly, observers aside. */
  get clean(): boolean {
    return this.#clean;
  }

  /** The first thing that went wrong with a destination, observers aside. */
  get failure(): CloudPushError | undefined {
    return this.#failure;
  }

  /**
   * The fields by which a line of the log names a destination: server and stream, without user info, query
   * and key.
   * @param number without one, the first
   */
  logFields(number?: number): object {
    const controller = number === undefined ? [...this.#open.values()][0] : this.#open.get(number);
    this.#lastFields = controller?.logFields() ?? this.#lastFields;
    return this.#lastFields;
  }

  /** Adds a destination, which has its slot. It does not fail. */
  attach({ id, number }: EngineSlot, plan: DestinationPlan): Destination {
    const { config, request, signal, isObserver } = plan;
    const { services, placement, sender, segments } = this.#owner;
    const question = request === undefined ? undefined : { cache: services.targets, request };
    const slot = { id, number, clock: services.pool.clock, placement, sender, turns: services.series };
    const controller = new DestinationController(slot, config, question);
    this.#open.set(number, controller);
    if (isObserver) this.#observers.add(controller);
    this.#everAttached = true;
    segments.onAttached();
    controller.abortWith(signal);
    this.#tellRelievable();
    return controller.destination;
  }

  onConnected(number: number, timings: ConnectTimings): void {
    const controller = this.#open.get(number);
    if (controller === undefined) return;
    this.#everPublished = true;
    controller.onConnected(timings);
    this.#owner.waiters.wake();
    this.#owner.observer.connected(controller.destination, timings);
  }

  onDisconnected(number: number, data: ErrorData, delay: number, wasPublishing: boolean): void {
    const controller = this.#open.get(number);
    if (controller === undefined) return;
    const error = CloudPushError.from(data);
    controller.onDisconnected(error, delay, wasPublishing);
    this.#owner.observer.disconnected({ error, delay, destination: controller.destination });
  }

  onMoved(number: number, timings: ConnectTimings): void {
    const controller = this.#open.get(number);
    if (controller === undefined) return;
    controller.onMoved(timings);
    this.#owner.observer.moved(controller.destination, timings);
  }

  onTargetWanted(number: number, reason: TargetReason): void {
    this.#open.get(number)?.onTargetWanted(reason);
  }

  onCommand(number: number, name: string, args: AmfValue[]): void {
    const controller = this.#open.get(number);
    if (controller === undefined) return;
    this.#owner.observer.commanded({ name, args, destination: controller.destination });
  }

  onAdvice(number: number, advice: BitrateAdvice): void {
    const controller = this.#open.get(number);
    if (controller === undefined) return;
    this.#owner.observer.advised(controller.destination, advice);
  }

  onGap(number: number, { start, end, error, ...gap }: GapReport): void {
    const controller = this.#open.get(number);
    if (controller === undefined) return;
    this.#owner.observer.gapChanged({
      ...gap,
      start: new Date(start),
      end: end === undefined ? undefined : new Date(end),
      error: error && CloudPushError.from(error),
      destination: controller.destination,
    });
  }

  /** A destination has brought a segment to its end. */
  onSegmentLeft(number: number, totals: SegmentTotals, complete: boolean): void {
    const controller = this.#open.get(number);
    if (controller === undefined) return;
    const { destination } = controller;
    const { number: segment, ...counts } = totals;
    this.#owner.segments.onLeft(segment, { destination, ...counts, complete });
  }

  /** A destination is over. */
  onDetached(number: number, error: ErrorData | undefined): void {
    const controller = this.#open.get(number);
    if (controller === undefined) return;
    const { destination } = controller;
    const { observer, services, counts } = this.#owner;
    this.#open.delete(number);
    services.slots.free(number);
    const report = controller.onDetached(error);
    observer.destinationClosed(destination, report);
    if (!this.#observers.delete(controller)) {
      this.#clean &&= report.clean;
      this.#failure ??= report.error;
    }
    counts.addFinished(destination.stats());
    this.#tellRelievable();
  }

  /** All that are not over end on an error. */
  endAll(error: ErrorData): void {
    for (const number of [...this.#open.keys()]) this.onDetached(number, error);
  }

  /** The channel was told to close. */
  onChannelClosing(): void {
    for (const controller of this.#open.values()) controller.onChannelClosing();
  }

  /**
   * The shard holds nothing of the channel any more: destinations that do not go on with another one are
   * over.
   * @param goOn says how one goes on; undefined when it does not
   * @param error what the others end with. Default: their last loss.
   * @returns those that go on, once the channel has another shard: {@link onMigrated}
   */
  onShardGone(
    goOn: (controller: DestinationController) => Connecting | undefined,
    error: ErrorData | undefined,
  ): Map<DestinationController, Connecting> {
    const going = new Map<DestinationController, Connecting>();
    for (const [number, controller] of this.#open) {
      const connecting = goOn(controller);
      if (connecting !== undefined) going.set(controller, connecting);
      else this.onDetached(number, error ?? toErrorData(controller.lastLoss));
    }
    return going;
  }

  /** The channel lives on another shard now. */
  onMigrated(going: ReadonlyMap<DestinationController, Connecting>): void {
    for (const [controller, connecting] of going) controller.onMigrated(connecting);
  }

  /** Tells of the connections that were lost with a shard. */
  tellLost(going: ReadonlyMap<DestinationController, Connecting>): void {
    for (const [{ destination, lastLoss: error }, { loss }] of going)
      this.#owner.observer.lostWithShard({ error, delay: loss?.delay ?? 0, destination });
  }

  #tellRelievable(): void {
    this.#owner.sender.isRelievable =
      this.#open.size > 1 || [...this.#open.values()].some(({ mayDrop }) => mayDrop);
  }
}
