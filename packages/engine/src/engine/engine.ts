import {
  type CloseOptions,
  checkedCloseSignal,
  checkedSignal,
  unlessAborted,
  whenAborted,
} from '../base/abort-signals.js';
import { abortedError, CloudPushError, type ErrorData, toErrorData } from '../base/errors.js';
import type { EngineLogger } from '../logging/engine-logger.js';
import { EventLog } from '../logging/event-log.js';
import { problemLine } from '../logging/log-lines.js';
import { summarize } from '../memory/latency-histogram.js';
import { planChannel } from '../options/channel-plan.js';
import { type EngineSettings, engineSettings } from '../options/engine-settings.js';
import type { ChannelOptions, PushEngineOptions } from '../options/options.js';
import type { ShardReport } from '../protocol/reports.js';
import type { ChannelTotals, EngineStats } from '../stats/stats.js';
import { addTotals, NO_CHANNEL_TOTALS } from '../stats/totals.js';
import { TargetFinder } from '../targets/target-finder.js';
import type { Channel } from './channel/channel.js';
import { ChannelController } from './channel/channel-controller.js';
import { diagnostics } from './diagnostics.js';
import type { EngineServices } from './engine-services.js';
import { PoolAccess } from './shards/pool-access.js';
import type { ShardHandle } from './shards/shard-handle.js';
import { ShardSet } from './shards/shard-set.js';
import { SlotAllocator } from './shards/slots.js';
import { sourceFields, sourceLines } from './source/source-log.js';

/**
 * Pushes the media of many channels to RTMP servers. It owns the media pool and the worker threads that mux and send;
 * the caller's thread only copies packets into the pool.
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
  readonly #channelSlots: SlotAllocator;
  readonly #destinationSlots: SlotAllocator;
  readonly #services: EngineServices;
  /** What was counted of channels that are over. */
  #finished = NO_CHANNEL_TOTALS;
  /** Of the channels that are open, by number in shared memory. */
  readonly #lives: (ChannelController | undefined)[];
  #closed: Promise<void> | undefined;
  /** Stops listening to the signal that aborts the engine. */
  #stopListening: () => void = () => {};

  /**
   * Makes the pool and starts the worker threads.
   * @throws CloudPushError (rejection) `ERR_CLOUDPUSH_INVALID_PARAMETER`, also when there is no memory for the pool;
   *   `ERR_CLOUDPUSH_SHARD_DIED` when a worker thread does not come up; `ERR_CLOUDPUSH_ABORTED` when the signal fires.
   */
  static async create(options: PushEngineOptions = {}): Promise<PushEngine> {
    const engine = PushEngine.createSync(options);
    const { signal } = options;
    try {
      await unlessAborted(engine.#shards.ready(), signal);
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
    const settings = engineSettings(options);
    const signal = checkedSignal(options.signal);
    if (signal?.aborted) throw abortedError(signal.reason, 'engine');
    const engine = new PushEngine(settings, options.logger);
    engine.#stopListening = whenAborted(signal, () => {
      // Whoever waits for the end hears how it went.
      engine.close({ signal }).catch(() => {});
    });
    return engine;
  }

  private constructor(settings: EngineSettings, logger: EngineLogger | undefined) {
    const { poolSize, maxConnections, shards, maxBatchDelay, maxConnecting, workerUrl } = settings;
    this.#settings = settings;
    this.#log = new EventLog(logger);
    this.#targetFinder = new TargetFinder(settings.targets, ({ code, message }) =>
      this.#log.write('refreshFailed', { code, reason: message }),
    );
    this.#pool = new PoolAccess(settings, (channel, error) => this.#onPoolTooSmall(channel, error));
    this.#lives = new Array<ChannelController | undefined>(maxConnections).fill(undefined);
    this.#channelSlots = new SlotAllocator(maxConnections);
    this.#destinationSlots = new SlotAllocator(maxConnections);
    this.#services = { pool: this.#pool, targets: this.#targetFinder.cache, slots: this.#destinationSlots };
    const shared = { ...this.#pool.shared, maxConnections, maxBatchDelay, maxConnecting, workerUrl };
    this.#shards = new ShardSet(shared, shards, {
      onReport: (shard, report) => this.#onReport(shard, report),
      onShardDied: (shard, cause) => this.#onShardDied(shard, cause),
    });
    this.#log.write('engineStarted', { poolSize, maxConnections, shards: shards.count });
  }

  /** Channels that are open, in no particular order. */
  get channels(): readonly Channel[] {
    return this.#lives.filter((life) => life !== undefined).map(({ channel }) => channel);
  }

  /**
   * Opens a channel and starts connecting. Never blocks: the outcome is the channel's event `connect` or `close`.
   * @throws CloudPushError `ERR_CLOUDPUSH_INVALID_URL`, `ERR_CLOUDPUSH_INVALID_PARAMETER`,
   *   `ERR_CLOUDPUSH_TOO_MANY_CONNECTIONS`, `ERR_CLOUDPUSH_ENGINE_CLOSED`.
   */
  openChannel(options: ChannelOptions): Channel {
    try {
      return this.#open(options);
    } catch (error) {
      this.#log.write('channelRefused', { ...labelOf(options), ...errorFields(CloudPushError.wrap(error)) });
      throw error;
    }
  }

  #open(options: ChannelOptions): Channel {
    if (this.#closed !== undefined) throw engineClosedError();
    this.#requireSeats();
    const plan = planChannel(options, this.#pool.memory.maxPacket);
    // Reading the options may have run code of the caller's. From here on nothing fails, and a shard may hear of the channel.
    this.#requireSeats();
    const destination = this.#destinationSlots.take();
    const slot = this.#channelSlots.take();
    const shard = this.#shards.leastLoaded(undefined);
    const life = new ChannelController(this.#services, { ...slot, shard }, plan);
    this.#lives[slot.number] = life;
    shard.channels++;
    life.open(destination, plan.first);
    const { channel } = life;
    this.#log.write('channelOpened', life.logFields());
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
      totals: channels.reduce<ChannelTotals>(addTotals, this.#finished),
      latency: summarize(this.#shards.latency()),
    };
  }

  /** Starts the latency percentiles of {@link stats} anew. */
  resetLatency(): void {
    this.#shards.resetLatency();
  }

  /** Closes every channel cleanly, then the threads. Always ends, at the latest after the channels' close time-outs. */
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
    this.#pool.memory.reclaim();
    this.#pool.debug?.requireClean();
    this.#log.write('engineClosed');
  }

  /** A channel needs two: whichever kind runs out first, nothing is taken. */
  #requireSeats(): void {
    this.#channelSlots.requireFree();
    this.#destinationSlots.requireFree();
  }

  #onReport(shard: ShardHandle, report: ShardReport): void {
    if (report.type === 'released') {
      this.#pool.retryWaiting();
      return;
    }
    if (report.type === 'releasedTwice') {
      this.#pool.debug?.onFault(report.stack);
      this.#log.write('releasedTwice', { stack: report.stack });
      return;
    }
    if (report.type === 'ready') return;
    const life = this.#lives[report.channel];
    // A thread that died may have left reports on channels that are over.
    if (life === undefined || !life.isOn(shard)) return;
    switch (report.type) {
      case 'connected':
        this.#log.write('connected', life.logFields(report.destination));
        life.destinations.onConnected(report.destination, report.timings);
        return;
      case 'disconnected':
        this.#log.write('connectionLost', {
          ...life.logFields(report.destination),
          ...errorFields(report.error),
          delay: report.delay,
        });
        life.destinations.onDisconnected(
          report.destination,
          report.error,
          report.delay,
          report.wasPublishing,
        );
        this.#shards.rebalance(shard, life);
        return;
      case 'migrationRefused':
        this.#shards.takeBack(shard, life);
        life.onMigrationRefused();
        return;
      case 'migrated':
        this.#shards.takeBack(shard, life);
        this.#migrate(shard, life, report.channel, (next) => life.onReleased(next));
        return;
      case 'moved':
        this.#log.write('moved', life.logFields(report.destination));
        life.destinations.onMoved(report.destination, report.timings);
        return;
      case 'targetWanted':
        this.#log.write('targetWanted', { ...life.logFields(report.destination), reason: report.reason });
        life.destinations.onTargetWanted(report.destination, report.reason);
        return;
      case 'command':
        this.#log.write('command', { ...life.logFields(report.destination), name: report.name });
        life.destinations.onCommand(report.destination, report.name, report.args);
        return;
      case 'warning':
        this.#log.write('serverWarning', {
          ...life.logFields(report.destination),
          reason: report.message,
        });
        return;
      case 'stream':
        this.#log.write('streamChanged', life.logFields());
        life.onStream(report.state);
        return;
      case 'segmentLeft':
        this.#log.write('segmentLeft', life.logFields(report.destination));
        life.destinations.onSegmentLeft(report.destination, report.totals, report.taken);
        return;
      case 'segmentEnd':
        this.#log.write('segmentEnded', { ...life.logFields(), segment: report.segment });
        life.onSegmentEnd(report.segment);
        return;
      case 'pause':
        this.#log.write('paused', life.logFields());
        life.sender.onPause();
        return;
      case 'resume':
        this.#log.write('resumed', life.logFields());
        life.sender.onResume();
        return;
      case 'slabWanted':
        life.source?.onSlabWanted(report);
        return;
      case 'source':
        this.#log.write(sourceLines[report.event.type], {
          ...life.logFields(),
          ...sourceFields(report.event),
        });
        life.source?.onReport(report.event);
        return;
      case 'problem':
        this.#log.write(problemLine(report.refused, report.error.code), {
          ...life.logFields(),
          ...errorFields(report.error),
          repeats: report.repeats,
        });
        life.onProblem(report.error, report.repeats);
        return;
      case 'advice':
        this.#log.write('advice', { ...life.logFields(report.destination), ...report.advice });
        life.destinations.onAdvice(report.destination, report.advice);
        return;
      case 'detached':
        this.#log.write(report.error === undefined ? 'destinationClosed' : 'destinationLost', {
          ...life.logFields(report.destination),
          ...errorFields(report.error),
        });
        life.destinations.onDetached(report.destination, report.error);
        return;
      case 'ended':
        life.onEnded();
        return;
      case 'broken':
        this.#log.write('channelBroken', { ...life.logFields(), ...errorFields(report.error) });
        this.#shards.takeBack(shard, life);
        life.onBroken(report.error);
        return;
      case 'forgotten':
        this.#forget(shard, life, report.channel);
        return;
      default:
        report satisfies never;
    }
  }

  /** Not from within `send…`: its caller has not seen the return value yet. */
  #onPoolTooSmall(channel: number, error: CloudPushError): void {
    const life = this.#lives[channel];
    if (life === undefined) return;
    const data = toErrorData(error);
    this.#log.write('packetRefused', { ...life.logFields(), ...errorFields(data) });
    process.nextTick(() => life.onProblem(data, 0));
  }

  #forget(shard: ShardHandle, life: ChannelController, number: number): void {
    this.#pool.forget(number);
    this.#lives[number] = undefined;
    this.#channelSlots.free(number);
    shard.channels--;
    const error = life.onForgotten();
    this.#log.write(error === undefined ? 'channelClosed' : 'channelLost', {
      ...life.logFields(),
      ...errorFields(error),
    });
    this.#finished = addTotals(this.#finished, life.stats());
  }

  /** A worker died: its blocks come back, and its channels go on elsewhere, or are over. */
  #onShardDied(shard: ShardHandle, cause: unknown): void {
    const orphans = new Map<number, ChannelController>();
    for (const [number, life] of this.#lives.entries()) {
      if (life?.isOn(shard)) orphans.set(number, life);
    }
    const error = toErrorData(shardDiedError('the worker thread that owned the connection has died', cause));
    this.#log.write('threadDied', { ...errorFields(error), channels: orphans.size });
    diagnostics.shardDied.publish(() => ({
      error: CloudPushError.from(error),
      channels: [...orphans.values()].map(({ channel }) => channel),
    }));
    const lost = this.#pool.memory.reclaimFrom(orphans);
    for (const [number, life] of orphans) {
      this.#shards.takeBack(shard, life);
      this.#migrate(shard, life, number, (next) => life.onShardDied(error, lost.get(number) ?? 0, next));
    }
    // What came back is room for others, and the thread can no longer say so.
    this.#pool.retryWaiting();
  }

  /** @param goOn has the channel go on with the shard that it is given, or tells that it does not go on */
  #migrate(
    shard: ShardHandle,
    life: ChannelController,
    number: number,
    goOn: (next: () => ShardHandle) => boolean,
  ): void {
    const goesOn = goOn(() => {
      const next = this.#shards.leastLoaded(shard);
      next.channels++;
      return next;
    });
    if (goesOn) shard.channels--;
    else this.#forget(shard, life, number);
  }
}

function engineClosedError(): CloudPushError {
  return new CloudPushError('ERR_CLOUDPUSH_ENGINE_CLOSED', 'the engine is closed');
}

function shardDiedError(message: string, cause: unknown): CloudPushError {
  return new CloudPushError('ERR_CLOUDPUSH_SHARD_DIED', message, { cause });
}

/** What a line tells of an error. */
function errorFields(error: Pick<ErrorData, 'code' | 'message'> | undefined): object {
  return error === undefined ? {} : { code: error.code, reason: error.message };
}

/** Options that are refused may be anything. */
function labelOf(options: unknown): object {
  const label = (options as ChannelOptions | undefined | null)?.label;
  return typeof label === 'string' ? { label } : {};
}
