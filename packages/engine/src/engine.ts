import { Channel, type ChannelHost } from './channel.js';
import { diagnostics } from './diagnostics.js';
import { abortedError, CloudPushError, type ErrorData, toErrorData } from './errors.js';
import { type EngineLogger, logMilestone } from './logging/engine-logger.js';
import { Gates, newGateMemory } from './memory/gate.js';
import { MediaMemory } from './memory/media-memory.js';
import { PoolDebug } from './memory/pool-debug.js';
import {
  type ChannelOptions,
  type EngineSettings,
  engineSettings,
  type PushEngineOptions,
} from './options.js';
import type { PacketSender } from './packet-sender.js';
import type { ShardReport } from './shard/protocol.js';
import { ShardClient, type SharedState } from './shard/shard-client.js';
import { type CloseOptions, unlessAborted, whenAborted } from './signals.js';
import { newCounts, summarize } from './stats/latency.js';
import type { ChannelTotals, EngineStats } from './stats/stats.js';
import { addTotals, NO_CHANNEL_TOTALS } from './stats/totals.js';
import type { TargetCache } from './token/target-cache.js';
import { TargetFinder } from './token/target-finder.js';

/** A channel leaves its shard only for one that has at least so many fewer: with one fewer, they would change places. */
const REBALANCE_CHANNELS = 2;
/** And by this part of its own channels: a smaller gain is not worth the media that a channel leaves behind. */
const REBALANCE_SHARE = 0.25;
/** Until the replacement of a worker thread that did not come up is started, in ms. */
const RESTART_DELAY = 1000;

/**
 * Pushes the media of many channels to RTMP servers. It owns the media pool and the worker threads that mux and send;
 * the caller's thread only copies packets into the pool.
 *
 * @example
 * await using engine = await PushEngine.create({ maxConnections: 100 });
 * const channel = engine.openChannel({ url: 'rtmp://media.example/live/camera-1' });
 * channel.sendVideo(accessUnit, { pts: 0 });
 */
export class PushEngine implements ChannelHost, AsyncDisposable {
  /** @internal */
  readonly memory: MediaMemory;
  /** @internal */
  readonly gates: Gates;
  readonly #settings: EngineSettings;
  readonly #targetFinder: TargetFinder;
  readonly #logger: EngineLogger | undefined;
  readonly #shared: SharedState;
  /** Undefined: the pool is not watched. */
  readonly #poolDebug: PoolDebug | undefined;
  /** The shards whose threads are up, or coming up. */
  readonly #shards = new Set<ShardClient>();
  /** The latencies that shards have counted that are dead. */
  #formerLatency = newCounts();
  /** What was counted of channels that are over. */
  #finished = NO_CHANNEL_TOTALS;
  /** By number in shared memory. */
  readonly #channels: (Channel | undefined)[];
  readonly #freeNumbers: number[];
  readonly #freeDestinations: number[];
  /** Channels that were asked to leave their shards, and where they go if they are let go: they count there already. */
  readonly #leaving = new Map<Channel, ShardClient>();
  /** Whoever waits for room in the pool. */
  #waiting = new Set<PacketSender>();
  #nextId = 1;
  #nextDestinationId = 1;
  #closed: Promise<void> | undefined;
  /** Stops listening to the signal that aborts the engine. */
  #stopListening: () => void = () => {};

  /**
   * Makes the pool and starts the worker threads.
   * @throws CloudPushError (rejection) `ERR_CLOUDPUSH_INVALID_PARAMETER`, also when there is no memory for the pool;
   *   `ERR_CLOUDPUSH_SHARD_DIED` when a worker thread does not come up; `ERR_CLOUDPUSH_ABORTED` when the signal fires.
   */
  static async create(options: PushEngineOptions = {}): Promise<PushEngine> {
    const { signal } = options;
    const engine = PushEngine.createSync(options);
    const ready = Promise.all([...engine.#shards].map((shard) => shard.ready));
    try {
      await unlessAborted(ready, signal);
      return engine;
    } catch (cause) {
      await engine.close();
      if (signal?.aborted) throw abortedError(signal.reason, 'engine');
      throw shardDiedError('a worker thread could not be started', cause);
    }
  }

  /**
   * The same without waiting for the worker threads: they come up in the background, and what is sent meanwhile waits in the
   * pool. A thread that does not come up is taken for one that died.
   * @throws CloudPushError `ERR_CLOUDPUSH_INVALID_PARAMETER`, also when there is no memory for the pool;
   *   `ERR_CLOUDPUSH_ABORTED` when the signal has fired.
   */
  static createSync(options: PushEngineOptions = {}): PushEngine {
    const { signal, logger } = options;
    if (signal?.aborted) throw abortedError(signal.reason, 'engine');
    const engine = new PushEngine(engineSettings(options), logger);
    engine.#stopListening = whenAborted(signal, () => {
      // Whoever waits for the end hears how it went.
      engine.close({ signal }).catch(() => {});
    });
    return engine;
  }

  private constructor(settings: EngineSettings, logger: EngineLogger | undefined) {
    const { poolSize, maxConnections, shards, maxBatchDelay } = settings;
    this.#settings = settings;
    this.#logger = logger;
    this.#targetFinder = new TargetFinder(settings.targets, ({ code, message }) =>
      logger?.warn({ code, reason: message }, 'a new token could not be had'),
    );
    this.#poolDebug = settings.debugPool ? new PoolDebug(poolSize) : undefined;
    this.memory = allocate(poolSize, maxConnections, this.#poolDebug);
    const gates = newGateMemory(maxConnections);
    this.gates = new Gates(gates);
    this.#channels = new Array<Channel | undefined>(maxConnections).fill(undefined);
    this.#freeNumbers = numbersDown(maxConnections);
    this.#freeDestinations = numbersDown(maxConnections);
    const releaseWanted = new Int32Array(new SharedArrayBuffer(4));
    this.#shared = {
      memory: this.memory,
      gates,
      releaseWanted,
      maxConnections,
      maxBatchDelay,
      blockStates: this.#poolDebug?.states.memory,
      maxConnecting: Math.max(1, Math.floor(settings.maxConnecting / shards)),
    };
    for (let i = 0; i < shards; i++) this.#startShard();
    logMilestone(logger, { poolSize, maxConnections, shards }, 'engine started');
  }

  /** @internal */
  get targets(): TargetCache {
    return this.#targetFinder.cache;
  }

  /** Channels that are open, in no particular order. */
  get channels(): readonly Channel[] {
    return this.#channels.filter((channel) => channel !== undefined);
  }

  /**
   * Opens a channel and starts connecting. Never blocks: the outcome is the channel's event `connect` or `close`.
   * @throws CloudPushError `ERR_CLOUDPUSH_INVALID_URL`, `ERR_CLOUDPUSH_INVALID_PARAMETER`,
   *   `ERR_CLOUDPUSH_TOO_MANY_CONNECTIONS`, `ERR_CLOUDPUSH_ENGINE_CLOSED`.
   */
  openChannel(options: ChannelOptions): Channel {
    if (this.#closed !== undefined) throw engineClosedError();
    // Every channel has a destination, so that destinations run out first.
    const number = this.#freeNumbers.at(-1);
    if (number === undefined) throw tooManyError(this.#settings.maxConnections);
    const shard = this.#leastLoadedShard();
    const channel = new Channel(this, { id: this.#nextId, number, shard }, options);
    this.#nextId++;
    this.#freeNumbers.pop();
    this.#channels[number] = channel;
    shard.channels++;
    diagnostics.open.publish(() => ({ channel }));
    return channel;
  }

  stats(): EngineStats {
    this.memory.reclaim();
    const channels = this.channels.map((channel) => channel.stats());
    const counts = this.#formerLatency.slice();
    for (const shard of this.#shards) shard.counters.latency.addTo(counts);
    return {
      channels: channels.length,
      destinations: this.#settings.maxConnections - this.#freeDestinations.length,
      shards: this.#shards.size,
      channelsByShard: [...this.#shards].map((shard) => shard.channels),
      poolSize: this.#settings.poolSize,
      poolBytesInUse: this.memory.pool.bytesInUse,
      poolBlocksInUse: this.memory.pool.blocksInUse,
      bitRate: channels.reduce((sum, { bitRate }) => sum + bitRate, 0),
      totals: channels.reduce<ChannelTotals>(addTotals, this.#finished),
      latency: summarize(counts),
    };
  }

  /** Starts the latency percentiles of {@link stats} anew. */
  resetLatency(): void {
    this.#formerLatency.fill(0);
    for (const shard of this.#shards) shard.counters.latency.reset();
  }

  /** Closes every channel cleanly, then the threads. Always ends, at the latest after the channels' close time-outs. */
  async close({ signal }: CloseOptions = {}): Promise<void> {
    const stop = whenAborted(signal, (reason) => {
      for (const channel of this.channels) channel.abort(reason);
    });
    this.#closed ??= this.#close();
    await this.#closed.finally(stop);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** @internal */
  takeDestinationSeat(): { readonly id: number; readonly number: number } {
    const number = this.#freeDestinations.pop();
    if (number === undefined) throw tooManyError(this.#settings.maxConnections);
    return { id: this.#nextDestinationId++, number };
  }

  /** @internal */
  freeDestinationSeat(number: number): void {
    this.#freeDestinations.push(number);
  }

  /** @internal */
  awaitRoom(sender: PacketSender): void {
    this.#waiting.add(sender);
    Atomics.store(this.#shared.releaseWanted, 0, 1);
    // What was released just before the flag went up is announced by nobody: look once.
    if (this.memory.reclaim()) setImmediate(this.#retryWaiting);
  }

  async #close(): Promise<void> {
    this.#stopListening();
    await Promise.all(this.channels.map((channel) => channel.close()));
    await this.#targetFinder.close();
    await Promise.all([...this.#shards].map((shard) => shard.stop()));
    this.memory.reclaim();
    this.#poolDebug?.requireClean();
    logMilestone(this.#logger, {}, 'engine closed');
  }

  readonly #retryWaiting = (): void => {
    this.memory.reclaim();
    const waiting = this.#waiting;
    this.#waiting = new Set();
    for (const sender of waiting) sender.retry();
  };

  #startShard(delay = 0): void {
    const shard = new ShardClient(this.#shared, (report) => this.#onReport(shard, report), delay);
    this.#shards.add(shard);
    shard.ended.catch((error: unknown) => this.#onShardDied(shard, error));
  }

  /** There is always one: a shard that dies is replaced at once, though its thread may take a while to come up. */
  #leastLoadedShard(): ShardClient {
    let [least] = this.#shards;
    for (const shard of this.#shards) if (shard.channels < least!.channels) least = shard;
    return least!;
  }

  #onReport(shard: ShardClient, report: ShardReport): void {
    if (report.type === 'released') {
      this.#retryWaiting();
      return;
    }
    if (report.type === 'releasedTwice') {
      this.#poolDebug?.onFault(report.stack);
      this.#logger?.error({ stack: report.stack }, 'a block of the pool was released twice');
      return;
    }
    if (report.type === 'ready') return;
    const channel = this.#channels[report.channel];
    // A thread that died may have left reports on channels that are over.
    if (channel === undefined || !channel.livesOn(shard)) return;
    switch (report.type) {
      case 'connected':
        logMilestone(this.#logger, { channel: channel.id }, 'connected');
        channel.onConnected(report.destination, report.timings);
        return;
      case 'disconnected':
        this.#log(channel, report.error, 'connection lost');
        channel.onDisconnected(report.destination, report.error, report.delay);
        this.#rebalance(shard, channel);
        return;
      case 'stays':
        this.#takeBack(shard, channel);
        channel.onStays();
        return;
      case 'left':
        this.#takeBack(shard, channel);
        this.#rehome(shard, channel, report.channel, (next) => channel.onShardLeft(next));
        return;
      case 'moved':
        channel.onMoved(report.destination, report.timings);
        return;
      case 'targetWanted':
        channel.onTargetWanted(report.destination, report.reason);
        return;
      case 'command':
        channel.onCommand(report.destination, report.name, report.args);
        return;
      case 'warning':
        this.#logger?.warn({ channel: channel.id }, report.message);
        return;
      case 'stream':
        channel.onStream(report.state);
        return;
      case 'segmentLeft':
        channel.onSegmentLeft(report.destination, report.totals, report.taken);
        return;
      case 'segmentEnd':
        channel.onSegmentEnd(report.segment);
        return;
      case 'pause':
        channel.onPause();
        return;
      case 'resume':
        channel.onResume();
        return;
      case 'problem':
        this.#log(channel, report.error, 'packet refused', { repeats: report.repeats });
        channel.onProblem(report.error, report.repeats);
        return;
      case 'advice':
        channel.onAdvice(report.destination, report.advice);
        return;
      case 'detached':
        if (report.error !== undefined) this.#log(channel, report.error, 'destination ended');
        channel.onDetached(report.destination, report.error);
        return;
      case 'ended':
        channel.onEnded();
        return;
      case 'forgotten':
        this.#forget(shard, channel, report.channel);
        return;
      default:
        report satisfies never;
    }
  }

  #log(channel: Channel, error: ErrorData, what: string, facts: object = {}): void {
    this.#logger?.warn({ channel: channel.id, code: error.code, reason: error.message, ...facts }, what);
  }

  #forget(shard: ShardClient, channel: Channel, number: number): void {
    this.memory.reclaim();
    this.#channels[number] = undefined;
    this.#freeNumbers.push(number);
    shard.channels--;
    channel.onForgotten();
    this.#finished = addTotals(this.#finished, channel.stats());
  }

  /** A worker died: a new one takes its place, its blocks come back, and its channels go on elsewhere, or are over. */
  #onShardDied(shard: ShardClient, cause: unknown): void {
    this.#shards.delete(shard);
    shard.counters.latency.addTo(this.#formerLatency);
    // A thread that does not even come up would not do so the next moment either.
    if (this.#closed === undefined) this.#startShard(shard.isReady ? 0 : RESTART_DELAY);
    const orphans = new Map<number, Channel>();
    for (const [number, channel] of this.#channels.entries()) {
      if (channel?.livesOn(shard)) orphans.set(number, channel);
    }
    const error = toErrorData(shardDiedError('the worker thread that owned the connection has died', cause));
    this.#logger?.error({ code: error.code, channels: orphans.size }, 'a worker thread died');
    diagnostics.shardDied.publish(() => ({
      error: CloudPushError.from(error),
      channels: [...orphans.values()],
    }));
    const lost = this.memory.reclaimFrom(orphans);
    for (const [number, channel] of orphans) {
      this.#takeBack(shard, channel);
      this.#rehome(shard, channel, number, (next) => channel.onShardDied(error, lost.get(number) ?? 0, next));
    }
    // What came back is room for others, and the thread can no longer say so.
    this.#retryWaiting();
  }

  /**
   * A channel that must connect again may as well do so from another shard, when that has clearly fewer channels: else the
   * shards would stay as uneven as closed channels have left them. The media that it has queued is the price.
   */
  #rebalance(shard: ShardClient, channel: Channel): void {
    if (this.#leaving.has(channel) || !channel.mayLeaveShard) return;
    const next = this.#leastLoadedShard();
    const fewer = shard.channels - next.channels;
    if (fewer < Math.max(REBALANCE_CHANNELS, shard.channels * REBALANCE_SHARE)) return;
    // Many may be lost at once: what each of them leaves behind and goes to must count for the next.
    shard.channels--;
    next.channels++;
    this.#leaving.set(channel, next);
    channel.leaveShard();
  }

  /** The channel is not about to leave its shard any more: it is let go, or stays, or the thread is dead. */
  #takeBack(shard: ShardClient, channel: Channel): void {
    const next = this.#leaving.get(channel);
    if (next === undefined) return;
    this.#leaving.delete(channel);
    next.channels--;
    shard.channels++;
  }

  /** @param goOn has the channel go on with the shard that it is given, or tells that it does not go on */
  #rehome(
    shard: ShardClient,
    channel: Channel,
    number: number,
    goOn: (next: () => ShardClient) => boolean,
  ): void {
    const goesOn = goOn(() => {
      const next = this.#leastLoadedShard();
      next.channels++;
      return next;
    });
    if (goesOn) shard.channels--;
    else this.#forget(shard, channel, number);
  }
}

function allocate(poolSize: number, maxConnections: number, debug: PoolDebug | undefined): MediaMemory {
  try {
    return new MediaMemory(poolSize, maxConnections, debug);
  } catch (cause) {
    const message = `there is no memory for a pool of ${poolSize} bytes (poolSize)`;
    throw new CloudPushError('ERR_CLOUDPUSH_INVALID_PARAMETER', message, {
      details: { actual: poolSize },
      cause,
    });
  }
}

/** The lowest number is taken first. */
function numbersDown(count: number): number[] {
  return Array.from({ length: count }, (_, i) => count - 1 - i);
}

function engineClosedError(): CloudPushError {
  return new CloudPushError('ERR_CLOUDPUSH_ENGINE_CLOSED', 'the engine is closed');
}

function tooManyError(limit: number): CloudPushError {
  return new CloudPushError(
    'ERR_CLOUDPUSH_TOO_MANY_CONNECTIONS',
    `${limit} destinations are open, which is the limit (maxConnections)`,
    { details: { permitted: limit } },
  );
}

function shardDiedError(message: string, cause: unknown): CloudPushError {
  return new CloudPushError('ERR_CLOUDPUSH_SHARD_DIED', message, { cause });
}
