import type { ErrorData } from '../base/errors.js';
import type { EventLog } from '../logging/event-log.js';
import { errorFields } from '../logging/log-lines.js';
import type { ChannelPlan } from '../options/channel-plan.js';
import type { ChannelTotals } from '../stats/stats.js';
import { addTotals, NO_CHANNEL_TOTALS } from '../stats/totals.js';
import type { Channel } from './channel/channel.js';
import { ChannelController } from './channel/channel-controller.js';
import type { DestinationController } from './destination/destination-controller.js';
import type { EngineServices } from './engine-services.js';
import type { PoolAccess } from './shards/pool-access.js';
import type { ShardHandle } from './shards/shard-handle.js';
import type { ShardSet } from './shards/shard-set.js';
import { SlotAllocator } from './shards/slots.js';

/** The channels of an engine that are open, by their slots in shared memory. */
export class ChannelRegistry {
  readonly #log: EventLog;
  readonly #pool: PoolAccess;
  readonly #services: EngineServices;
  readonly #slots: SlotAllocator;
  readonly #controllers: (ChannelController | undefined)[];
  #shards!: Pick<ShardSet, 'leastLoaded' | 'takeBack'>;
  /** Totals of channels that are over. */
  #finished = NO_CHANNEL_TOTALS;

  /** @param limit the most channels at once */
  constructor(limit: number, log: EventLog, pool: PoolAccess, services: EngineServices) {
    this.#log = log;
    this.#pool = pool;
    this.#services = services;
    this.#slots = new SlotAllocator(limit);
    this.#controllers = new Array<ChannelController | undefined>(limit).fill(undefined);
  }

  /** Names the shards, which report to what is made of this registry, and so come after it. */
  runOn(shards: Pick<ShardSet, 'leastLoaded' | 'takeBack'>): void {
    this.#shards = shards;
  }

  /** In no particular order. */
  get channels(): readonly Channel[] {
    return this.#controllers.filter((controller) => controller !== undefined).map(({ channel }) => channel);
  }

  /** Totals of channels that are over. */
  get finished(): ChannelTotals {
    return this.#finished;
  }

  /**
   * A channel with a destination needs two slots: whichever kind runs out first, nothing is taken.
   * @throws CloudPushError `ERR_CLOUDPUSH_TOO_MANY_CONNECTIONS`
   */
  requireFree(): void {
    this.#slots.requireFree();
    this.#services.slots.requireFree();
  }

  /** Opens a channel on the least loaded shard. Nothing fails once {@link requireFree} has passed. */
  open(plan: ChannelPlan): ChannelController {
    const first = plan.first && { slot: this.#services.slots.take(), plan: plan.first };
    const slot = this.#slots.take();
    const shard = this.#shards.leastLoaded(undefined);
    const controller = new ChannelController(this.#services, { ...slot, shard }, plan);
    this.#controllers[slot.number] = controller;
    shard.channels++;
    controller.open(first);
    return controller;
  }

  /** Destinations that have part in the disk spool. */
  get spooled(): readonly DestinationController[] {
    return this.#controllers.flatMap((controller) => controller?.destinations.spooled ?? []);
  }

  /** The channel of a slot, whatever its shard. */
  at(number: number): ChannelController | undefined {
    return this.#controllers[number];
  }

  /** The channel of a slot, if it is on that shard. */
  find(number: number, shard: ShardHandle): ChannelController | undefined {
    const controller = this.#controllers[number];
    return controller?.isOn(shard) ? controller : undefined;
  }

  /** Channels on a shard, by number. */
  on(shard: ShardHandle): Map<number, ChannelController> {
    const found = new Map<number, ChannelController>();
    for (const [number, controller] of this.#controllers.entries()) {
      if (controller?.isOn(shard)) found.set(number, controller);
    }
    return found;
  }

  /** The channel is over, and its number may be used again. */
  forget(shard: ShardHandle, controller: ChannelController): void {
    const { number } = controller;
    this.#pool.forget(number);
    this.#controllers[number] = undefined;
    this.#slots.free(number);
    shard.channels--;
    const error = controller.onForgotten();
    this.#log.write(error === undefined ? 'channelClosed' : 'channelLost', {
      ...controller.logFields(),
      ...errorFields(error),
    });
    this.#finished = addTotals(this.#finished, controller.stats());
  }

  /** @param goOn has the channel go on with the shard that it is given, or tells that it does not go on */
  migrate(
    shard: ShardHandle,
    controller: ChannelController,
    goOn: (next: () => ShardHandle) => boolean,
  ): void {
    const goesOn = goOn(() => {
      const next = this.#shards.leastLoaded(shard);
      next.channels++;
      return next;
    });
    if (goesOn) shard.channels--;
    else this.forget(shard, controller);
  }

  /** A worker died: its blocks come back, and its channels go on elsewhere, or are over. */
  onShardDied(shard: ShardHandle, orphans: Map<number, ChannelController>, error: ErrorData): void {
    const lost = this.#pool.memory.reclaimFrom(orphans);
    for (const [number, controller] of orphans) {
      this.#shards.takeBack(shard, controller);
      this.migrate(shard, controller, (next) => controller.onShardDied(error, lost.get(number) ?? 0, next));
    }
    // These blocks are room for other channels; the dead thread can no longer announce it.
    this.#pool.retryWaiting();
  }
}
