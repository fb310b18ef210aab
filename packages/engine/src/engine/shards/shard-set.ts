import { newCounts } from '../../memory/latency-histogram.js';
import type { ShardPlan } from '../../options/engine-settings.js';
import type { ShardReport } from '../../protocol/reports.js';
import { ShardHandle, type SharedState } from './shard-handle.js';

/**
 * A channel leaves its shard only for one that has at least so many fewer: with one fewer, they would change
 * places.
 */
const REBALANCE_CHANNELS = 2;
/**
 * And by this part of its own channels: a smaller gain is not worth the media that a channel leaves behind.
 */
const REBALANCE_SHARE = 0.25;
/** Until the replacement of a worker thread that did not come up is started, in ms. */
const RESTART_DELAY = 1000;

/** A channel that may be asked to leave its shard. */
export interface MovableChannel {
  readonly mayLeaveShard: boolean;
  leaveShard(): void;
}

type StartShard = (
  ...args: [shared: SharedState, onReport: (report: ShardReport) => void, slot: number, delay: number]
) => ShardHandle;

/** The engine, as its shards need it. */
export interface ShardSetOwner {
  onReport(shard: ShardHandle, report: ShardReport): void;
  /** The thread has died; another one has taken its place, but the channels still count as its own. */
  onShardDied(shard: ShardHandle, cause: unknown): void;
}

/** The shards of an engine whose threads are up, or coming up, and how its channels are spread over them. */
export class ShardSet {
  readonly #shared: SharedState;
  readonly #owner: ShardSetOwner;
  readonly #startShard: StartShard;
  readonly #shards = new Set<ShardHandle>();
  readonly #slots = new Map<ShardHandle, number>();
  readonly #channelsEach: number;
  /** Number of them that are used; it only grows. */
  #used = 1;
  #replacesDead = true;
  /** The latencies that shards have counted that are dead. */
  readonly #formerLatency = newCounts();
  /**
   * Channels that were asked to leave their shards, and where they go if they are let go: they count there
   * already.
   */
  readonly #leaving = new Map<MovableChannel, ShardHandle>();

  /** @param startShard starts a thread, after `delay` ms */
  constructor(
    shared: SharedState,
    { count, channelsEach }: ShardPlan,
    owner: ShardSetOwner,
    startShard: StartShard = (...args) => new ShardHandle(...args),
  ) {
    this.#startShard = startShard;
    this.#shared = shared;
    this.#owner = owner;
    this.#channelsEach = channelsEach;
    for (let i = 0; i < count; i++) this.#start(i);
  }

  /** Resolves when all threads are up; rejects when one does not come up. */
  async ready(): Promise<void> {
    await Promise.all([...this.#shards].map((shard) => shard.ready));
  }

  /** Number of channels on each of the shards. */
  get channels(): readonly number[] {
    return [...this.#shards].map((shard) => shard.channels);
  }

  /**
   * The shard with the fewest channels, of those that so many channels make use of. There is always one: a
   * shard that dies is replaced at once, though its thread may take a while to come up.
   * @param from where the channel that it is for is counted now; undefined: it is a new one
   */
  leastLoaded(from: ShardHandle | undefined): ShardHandle {
    const counted = this.channels.reduce((sum, channels) => sum + channels, 0);
    const total = from !== undefined && this.#shards.has(from) ? counted : counted + 1;
    const needed = Math.min(this.#shards.size, Math.ceil(total / this.#channelsEach));
    this.#use(needed);
    const shards = [...this.#shards].slice(0, needed);
    return shards.reduce((least, shard) => (shard.channels < least.channels ? shard : least));
  }

  /** The shards that are made use of share the connections that may be made at a time. */
  #use(shards: number): void {
    if (shards <= this.#used) return;
    this.#used = shards;
    for (const shard of this.#shards) shard.post({ type: 'maxConnecting', most: this.#maxConnecting });
  }

  /** Of each shard. */
  get #maxConnecting(): number {
    return Math.max(1, Math.floor(this.#shared.maxConnecting / this.#used));
  }

  /** The latencies that all shards have counted, those that are dead included. */
  latency(): Float64Array {
    const counts = this.#formerLatency.slice();
    for (const shard of this.#shards) shard.counters.latency.addTo(counts);
    return counts;
  }

  resetLatency(): void {
    this.#formerLatency.fill(0);
    for (const shard of this.#shards) shard.counters.latency.reset();
  }

  /**
   * A channel that must connect again may as well do so from another shard, when that has clearly fewer
   * channels: else the shards would stay as uneven as closed channels have left them. The media that it has
   * queued is the price.
   */
  rebalance(shard: ShardHandle, channel: MovableChannel): void {
    if (this.#leaving.has(channel) || !channel.mayLeaveShard) return;
    const next = this.leastLoaded(shard);
    const fewer = shard.channels - next.channels;
    if (fewer < Math.max(REBALANCE_CHANNELS, shard.channels * REBALANCE_SHARE)) return;
    // Many may be lost at once: what each of them leaves behind and goes to must count for the next.
    shard.channels--;
    next.channels++;
    this.#leaving.set(channel, next);
    channel.leaveShard();
  }

  /** The channel is not about to leave its shard any more: it is let go, or stays, or the thread is dead. */
  takeBack(shard: ShardHandle, channel: MovableChannel): void {
    const next = this.#leaving.get(channel);
    if (next === undefined) return;
    this.#leaving.delete(channel);
    next.channels--;
    shard.channels++;
  }

  /** From now on a thread that dies is not needed any more. */
  stopReplacing(): void {
    this.#replacesDead = false;
  }

  /** Ends the threads. Their channels have been closed before. */
  async stop(): Promise<void> {
    await Promise.all([...this.#shards].map((shard) => shard.stop()));
  }

  #start(slot: number, delay = 0): void {
    const shared = { ...this.#shared, maxConnecting: this.#maxConnecting };
    const shard = this.#startShard(shared, (report) => this.#owner.onReport(shard, report), slot, delay);
    this.#shards.add(shard);
    this.#slots.set(shard, slot);
    shard.ended.catch((error: unknown) => this.#onDied(shard, error));
  }

  #onDied(shard: ShardHandle, cause: unknown): void {
    this.#shards.delete(shard);
    const slot = this.#slots.get(shard)!;
    this.#slots.delete(shard);
    shard.counters.latency.addTo(this.#formerLatency);
    // A thread that does not even come up would not do so the next moment either.
    if (this.#replacesDead) this.#start(slot, shard.isReady ? 0 : RESTART_DELAY);
    this.#owner.onShardDied(shard, cause);
  }
}
