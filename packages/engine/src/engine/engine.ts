import {
  type CloseOptions,
  checkedCloseSignal,
  checkedSignal,
  unlessAborted,
  whenAborted,
} from '../base/abort-signals.js';
import { engineClock } from '../base/clock.js';
import { abortedError, CloudPushError, toErrorData } from '../base/errors.js';
import { notMadeByNew } from '../base/validation.js';
import type { EngineLogger } from '../logging/engine-logger.js';
import { EventLog } from '../logging/event-log.js';
import { errorFields } from '../logging/log-lines.js';
import { summarize } from '../memory/latency-histogram.js';
import { type ChannelPlan, planChannel, planStandby } from '../options/channel-plan.js';
import type { PlanContext } from '../options/destination-config.js';
import { type EngineSettings, engineSettings } from '../options/engine-settings.js';
import type { ChannelOptions, PushEngineOptions, StandbyOptions } from '../options/options.js';
import type { ChannelTotals, EngineStats } from '../stats/stats.js';
import { addTotals } from '../stats/totals.js';
import { TargetFinder } from '../targets/target-finder.js';
import type { Channel } from './channel/channel.js';
import { ChannelRegistry } from './channel-registry.js';
import { diagnostics } from './diagnostics.js';
import { ReportRouter } from './report-router.js';
import { PoolAccess } from './shards/pool-access.js';
import type { ShardHandle } from './shards/shard-handle.js';
import { ShardSet } from './shards/shard-set.js';
import { SlotAllocator } from './shards/slots.js';
import { SeriesTurns } from './spool/series-turns.js';
import { SpoolStore } from './spool/spool-store.js';

/**
 * Pushes the media of many channels to RTMP servers. It owns the media pool and the worker threads that mux
 * and send; the caller's thread only copies packets into the pool.
 *
 * @example
 * await using engine = await PushEngine.create({ maxConnections: 100 });
 * const channel = engine.openChannel({ url: 'rtmp://media.example/live/camera-1' });
 * channel.sendVideo(accessUnit, { pts: 0 });
 */
export class PushEngine implements AsyncDisposable {
  readonly #settings: EngineSettings;
  readonly #targetFinder: TargetFinder;
  readonly #log: EventLog;
  readonly #pool: PoolAccess;
  readonly #shards: ShardSet;
  readonly #registry: ChannelRegistry;
  readonly #destinationSlots: SlotAllocator;
  /** Undefined: there is none. */
  readonly #spool: SpoolStore | undefined;
  readonly #planning: PlanContext;
  #closed: Promise<void> | undefined;
  /** Stops listening to the signal that aborts the engine. */
  readonly #stopListening: () => void;

  /**
   * Makes the pool and starts the worker threads.
   * @throws CloudPushError (rejection) `ERR_CLOUDPUSH_INVALID_PARAMETER`, also when there is no memory for
   *   the pool; `ERR_CLOUDPUSH_SHARD_DIED` when a worker thread does not come up; `ERR_CLOUDPUSH_ABORTED`
   *   when the signal fires; `ERR_CLOUDPUSH_SPOOL_IN_USE`, `ERR_CLOUDPUSH_SPOOL_FAILED`.
   */
  static async create(options: PushEngineOptions = {}): Promise<PushEngine> {
    const engine = PushEngine.createSync(options);
    const { signal } = options;
    try {
      await unlessAborted(engine.#shards.ready(), signal);
      await unlessAborted(Promise.resolve(engine.#spool?.ready), signal);
      await engine.#spool?.requireReady();
      return engine;
    } catch (cause) {
      await engine.close();
      if (signal?.aborted) throw abortedError(signal.reason, 'engine');
      if (cause instanceof CloudPushError && cause.code.startsWith('ERR_CLOUDPUSH_SPOOL')) throw cause;
      throw shardDiedError('a worker thread could not be started', cause);
    }
  }

  /**
   * The same without waiting for the worker threads: they come up in the background, and what is sent
   * meanwhile waits in the pool. A thread that does not come up is taken for one that died.
   * @throws CloudPushError `ERR_CLOUDPUSH_INVALID_PARAMETER`, also when there is no memory for the pool;
   *   `ERR_CLOUDPUSH_ABORTED` when the signal has fired.
   */
  static createSync(options: PushEngineOptions = {}): PushEngine {
    const settings = engineSettings(options);
    const signal = checkedSignal(options.signal);
    if (signal?.aborted) throw abortedError(signal.reason, 'engine');
    return new PushEngine(settings, options.logger, signal);
  }

  private constructor(
    settings: EngineSettings,
    logger: EngineLogger | undefined,
    signal: AbortSignal | undefined,
  ) {
    if (settings?.targets === undefined) throw notMadeByNew('PushEngine', 'PushEngine.create');
    const clock = engineClock;
    const { poolSize, maxConnections, shards, fence } = settings;
    this.#settings = settings;
    this.#log = new EventLog(logger);
    this.#targetFinder = new TargetFinder(settings.targets, ({ code, message }) =>
      this.#log.write('refreshFailed', { code, reason: message }),
    );
    this.#pool = new PoolAccess(settings, clock, (channel, error) => this.#onPoolTooSmall(channel, error));
    this.#destinationSlots = new SlotAllocator(maxConnections);
    const planning = { maxPacket: this.#pool.memory.maxPacket, hasSpool: settings.spool !== undefined };
    this.#planning = planning;
    this.#registry = new ChannelRegistry(maxConnections, this.#log, this.#pool, {
      pool: this.#pool,
      targets: this.#targetFinder.cache,
      slots: this.#destinationSlots,
      planning,
      series: new SeriesTurns(clock),
    });
    const { spool: config } = settings;
    if (config !== undefined)
      this.#spool = new SpoolStore({ config, clock, destinations: () => this.#registry.spooled });
    const spool = this.#spool?.sharedBy(shards.count);
    const shared = { ...this.#pool.shared, ...settings, fence: fence?.buffer, clock, spool };
    this.#shards = new ShardSet(shared, shards, {
      onReport: (shard, report) => router.route(shard, report),
      onShardDied: (shard, cause) => this.#onShardDied(shard, cause),
    });
    this.#registry.runOn(this.#shards);
    const router = new ReportRouter({
      log: this.#log,
      pool: this.#pool,
      shards: this.#shards,
      channels: this.#registry,
    });
    this.#stopListening = whenAborted(signal, () => {
      // Failures are told to the callers of close() that wait for the end.
      this.close({ signal }).catch(() => {});
    });
    this.#log.write('engineStarted', { poolSize, maxConnections, shards: shards.count });
  }

  /** Channels that are open, in no particular order. */
  get channels(): readonly Channel[] {
    return this.#registry.channels;
  }

  /**
   * Opens a channel and starts connecting. Never blocks: the outcome is the channel's event `connect` or
   * `close`.
   * @throws CloudPushError `ERR_CLOUDPUSH_INVALID_URL`, `ERR_CLOUDPUSH_INVALID_PARAMETER`,
   *   `ERR_CLOUDPUSH_TOO_MANY_CONNECTIONS`, `ERR_CLOUDPUSH_ENGINE_CLOSED`.
   */
  openChannel(options: ChannelOptions): Channel {
    try {
      return this.#open(() => planChannel(options, this.#planning));
    } catch (error) {
      this.#log.write('channelRefused', { ...labelOf(options), ...errorFields(CloudPushError.wrap(error)) });
      throw error;
    }
  }

  /**
   * Opens a channel that has no destination yet: its source is read, and the latest media kept, 8 s at least,
   * for the first `addDestination`, which begins with the latest key frame, or as `beginWith` says. So the source of a stream can be made ready
   * before it is known where to, or when, that is to be sent. It ends by `close` or `abort`, with its last
   * destination, or, before the first one, with its worker thread. Until the first `addDestination` it
   * refuses `streamStart` and `streamEnd`: its first segment begins with that.
   * @throws CloudPushError as {@link openChannel}
   * @example
   * const channel = engine.openStandby({ source: { rtsp: 'rtsp://camera.example/1' } });
   * await channel.standingBy();
   * channel.addDestination({ url: 'rtmp://media.example/live/camera-1' });
   */
  openStandby(options: StandbyOptions): Channel {
    try {
      return this.#open(() => planStandby(options, this.#planning));
    } catch (error) {
      this.#log.write('channelRefused', { ...labelOf(options), ...errorFields(CloudPushError.wrap(error)) });
      throw error;
    }
  }

  #open(planned: () => ChannelPlan): Channel {
    if (this.#closed !== undefined) throw engineClosedError();
    this.#registry.requireFree();
    const plan = planned();
    // Reading the options may have run code of the caller's. From here on nothing fails, and a shard may hear
    // of the channel.
    this.#registry.requireFree();
    const controller = this.#registry.open(plan);
    const { channel } = controller;
    this.#log.write('channelOpened', controller.logFields());
    diagnostics.open.publish(() => ({ channel }));
    return channel;
  }

  /** Counters and measures of the engine and of its channels, read from shared memory. */
  stats(): EngineStats {
    this.#pool.memory.reclaim();
    const channels = this.channels.map((channel) => channel.stats());
    const channelsByShard = this.#shards.channels;
    return {
      channels: channels.length,
      destinations: this.#destinationSlots.taken,
      shards: channelsByShard.length,
      channelsByShard,
      poolSize: this.#settings.poolSize,
      poolBytesInUse: this.#pool.memory.pool.bytesInUse,
      poolBlocksInUse: this.#pool.memory.pool.blocksInUse,
      bitRate: channels.reduce((sum, { bitRate }) => sum + bitRate, 0),
      totals: channels.reduce<ChannelTotals>(addTotals, this.#registry.finished),
      latency: summarize(this.#shards.latency()),
    };
  }

  /** Starts the latency percentiles of {@link stats} anew. */
  resetLatency(): void {
    this.#shards.resetLatency();
  }

  /**
   * Closes every channel cleanly, then the threads. Always ends, at the latest after the channels' close
   * time-outs.
   */
  async close(options: CloseOptions = {}): Promise<void> {
    const signal = checkedCloseSignal(options);
    const stop = whenAborted(signal, (reason) => {
      for (const channel of this.channels) channel.abort(reason);
    });
    this.#closed ??= this.#close();
    await this.#closed.finally(stop);
  }

  /** Closes the engine as `close()` does, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#stopListening();
    this.#shards.stopReplacing();
    await Promise.all(this.channels.map((channel) => channel.close()));
    await this.#targetFinder.close();
    await this.#shards.stop();
    await this.#spool?.close();
    this.#pool.memory.reclaim();
    this.#pool.debug?.requireClean();
    this.#log.write('engineClosed');
  }

  /** Not from within `send…`: its caller has not seen the return value yet. */
  #onPoolTooSmall(channel: number, error: CloudPushError): void {
    const controller = this.#registry.at(channel);
    if (controller === undefined) return;
    const data = toErrorData(error);
    this.#log.write('packetRefused', { ...controller.logFields(), ...errorFields(data) });
    process.nextTick(() => controller.onProblem(data, 0));
  }

  #onShardDied(shard: ShardHandle, cause: unknown): void {
    const orphans = this.#registry.on(shard);
    const error = toErrorData(shardDiedError('the worker thread that owned the connection has died', cause));
    this.#log.write('threadDied', { ...errorFields(error), channels: orphans.size });
    diagnostics.shardDied.publish(() => ({
      error: CloudPushError.from(error),
      channels: [...orphans.values()].map(({ channel }) => channel),
    }));
    this.#registry.onShardDied(shard, orphans, error);
  }
}

function engineClosedError(): CloudPushError {
  return new CloudPushError('ERR_CLOUDPUSH_ENGINE_CLOSED', 'the engine is closed');
}

function shardDiedError(message: string, cause: unknown): CloudPushError {
  return new CloudPushError('ERR_CLOUDPUSH_SHARD_DIED', message, { cause });
}

/** Options that are refused may be anything. */
function labelOf(options: unknown): object {
  const label = (options as ChannelOptions | undefined | null)?.label;
  return typeof label === 'string' ? { label } : {};
}
