import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { whenAborted } from '../../base/abort-signals.js';
import type { MonotonicClock } from '../../base/clock.js';
import type { ErrorData } from '../../base/errors.js';
import { newCounterMemory, ShardCounters } from '../../memory/counters.js';
import type { MediaMemory } from '../../memory/media-memory.js';
import { newRing, RingProducer } from '../../memory/ring.js';
import type { SpoolStoreConfig } from '../../options/spool-config.js';
import type { ShardInit } from '../../protocol/init.js';
import type { ShardReport } from '../../protocol/reports.js';
import type { ShardRequest } from '../../protocol/requests.js';

/** The disk spool, as far as shards share it. */
export interface SharedSpool {
  readonly config: SpoolStoreConfig;
  readonly backfill: SharedArrayBuffer;
  /** Resolves when the engine has the folder, or with the reason why it has not. */
  readonly ready: Promise<ErrorData | undefined>;
}

/** Everything that the shards of an engine share. */
export interface SharedState {
  readonly clock: MonotonicClock;
  readonly memory: MediaMemory;
  readonly gates: SharedArrayBuffer;
  readonly releaseWanted: Int32Array;
  readonly maxConnections: number;
  readonly maxBatchDelay: number;
  readonly maxAudioDelay: number;
  /** The most connections that are made at a time. */
  readonly maxConnecting: number;
  /** Undefined: the pool is not watched. */
  readonly blockStates: SharedArrayBuffer | undefined;
  readonly fence: SharedArrayBuffer | undefined;
  /** URL of the worker's code. Undefined: beside this file. */
  readonly workerUrl: string | undefined;
  /** Undefined: there is no disk spool. */
  readonly spool: SharedSpool | undefined;
}

/** The longest that a worker thread may take to come up, in ms. */
const START_TIMEOUT = 30_000;

/**
 * The caller's end of a shard: its thread, its ring, its doorbell, its reports.
 *
 * Each shard has a thread pool of one thread of its own: a pool of several, once one of its threads has died
 * while it started, never starts another.
 */
export class ShardHandle {
  readonly ring: RingProducer;
  readonly counters: ShardCounters;
  /** Resolves when the thread is up; rejects when it does not come up. */
  readonly ready: Promise<void>;
  /** Settles when the shard is over; rejects when its thread died and was not told to stop. */
  readonly ended: Promise<void>;
  /** Channels that live on the shard. */
  channels = 0;
  /** Undefined until the thread is started. */
  #threads: Piscina<ShardInit, void> | undefined;
  /** The thread is being ended, or has been. */
  #destroyed: Promise<void> | undefined;
  readonly #clock: MonotonicClock;
  readonly #workerUrl: string | undefined;
  readonly #port: MessagePort;
  #isReady = false;
  /** The doorbell rings at the end of the turn, if the shard sleeps until then. */
  #ringsLater = false;
  #dead = false;
  readonly #stopped = new AbortController();
  readonly #onReport: (report: ShardReport) => void;
  #resolveReady: () => void = () => {};
  #stopStartTimer: () => void = () => {};

  /**
   * @param slot of the shard among those of the engine
   * @param delay ms until the thread is started; what is added to the ring before waits there
   */
  constructor(shared: SharedState, onReport: (report: ShardReport) => void, slot: number, delay = 0) {
    const ring = newRing();
    const counters = newCounterMemory(shared.maxConnections);
    const { port1, port2 } = new MessageChannel();
    this.ring = new RingProducer(ring);
    this.counters = new ShardCounters(counters);
    this.#clock = shared.clock;
    this.#workerUrl = shared.workerUrl;
    this.#port = port1;
    this.#onReport = onReport;
    const init: ShardInit = {
      pool: shared.memory.pool.buffer,
      released: shared.memory.releaseHead,
      releaseWanted: shared.releaseWanted,
      ring,
      gates: shared.gates,
      counters,
      maxBatchDelay: shared.maxBatchDelay,
      maxAudioDelay: shared.maxAudioDelay,
      maxConnecting: shared.maxConnecting,
      blockStates: shared.blockStates,
      fence: shared.fence,
      spool: shared.spool && { config: shared.spool.config, backfill: shared.spool.backfill, slot },
      port: port2,
    };
    void shared.spool?.ready.then((error) => this.post({ type: 'spoolReady', error }));
    const ready = new Promise<void>((resolve) => {
      this.#resolveReady = resolve;
    });
    this.#port.on('message', this.#deliver);
    this.ended = this.#run(init, delay);
    this.ready = Promise.race([ready, this.ended]);
    this.ready.catch(() => {});
  }

  /** True once the thread has come up, whatever has become of it since. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** True once the thread is gone: nobody reads the ring any more. */
  get isDead(): boolean {
    return this.#dead;
  }

  post(request: ShardRequest): void {
    this.#port.postMessage(request);
  }

  /**
   * Wakes the shard if it sleeps. Call it after a descriptor was added to the ring.
   * @param canWait not for sound, if the shard wakes up by itself in time, or a picture follows in this turn
   */
  ringDoorbell(canWait = false): void {
    if (canWait && this.ring.sleepsUntilCalled) this.#ringLater();
    else if (this.ring.mustWake(canWait)) this.#port.postMessage(null);
  }

  #ringLater(): void {
    if (this.#ringsLater) return;
    this.#ringsLater = true;
    queueMicrotask(this.#ringIfAsleep);
  }

  readonly #ringIfAsleep = (): void => {
    this.#ringsLater = false;
    if (this.ring.mustWake(true)) this.#port.postMessage(null);
  };

  /** Ends the thread. Its channels have been closed before. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    if (this.#isReady) this.post({ type: 'stop' });
    else await this.#destroy();
    await this.ended.catch(() => {});
  }

  readonly #deliver = (report: ShardReport): void => {
    if (report.type === 'ready') {
      this.#isReady = true;
      this.#stopStartTimer();
      this.#resolveReady();
    } else this.#onReport(report);
  };

  async #run(init: ShardInit, delay: number): Promise<void> {
    const { signal } = this.#stopped;
    try {
      if (delay > 0) await this.#pause(delay);
      signal.throwIfAborted();
      await this.#runThread(init);
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      this.#dead = true;
      this.#deliverRest();
      this.#port.close();
    }
  }

  /** Lets so many ms pass, unless the shard is stopped meanwhile. */
  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#clock.after(ms, resolve);
      whenAborted(this.#stopped.signal, () => {
        cancel();
        resolve();
      });
    });
  }

  async #runThread(init: ShardInit): Promise<void> {
    const threads = new Piscina<ShardInit, void>({
      filename: this.#workerUrl ?? ownWorker(),
      name: 'runShard',
      minThreads: 1,
      maxThreads: 1,
      concurrentTasksPerWorker: 1,
      idleTimeout: Number.POSITIVE_INFINITY,
      // With atomics a worker waits for its next task by blocking the thread, and its sockets with it.
      atomics: 'disabled',
    });
    this.#threads = threads;
    // The pool puts another worker in the place of one that has died, even when it is no longer needed.
    threads.on('workerCreate', () => {
      if (this.#destroyed !== undefined) void threads.destroy();
    });
    const failed = new Promise<never>((_, reject) => {
      threads.once('error', reject);
      const late = new Error(`the worker thread did not start within ${START_TIMEOUT} ms`);
      this.#stopStartTimer = this.#clock.after(START_TIMEOUT, () => reject(late));
    });
    try {
      await Promise.race([threads.run(init, { transferList: [init.port] }), failed]);
    } finally {
      this.#stopStartTimer();
      await this.#destroy();
    }
  }

  /**
   * Once only: a second call would have the pool forget the first, and start another worker when that one's
   * has ended.
   */
  #destroy(): Promise<void> {
    if (this.#threads === undefined) return Promise.resolve();
    this.#destroyed ??= this.#threads.destroy();
    return this.#destroyed;
  }

  /** Delivers what the thread has reported before it died: later events have their causes there. */
  #deliverRest(): void {
    for (;;) {
      const received = receiveMessageOnPort(this.#port);
      if (received === undefined) return;
      this.#deliver(received.message as ShardReport);
    }
  }
}

/** In a bundle of CommonJS modules there is no `import.meta.url`. */
function ownWorker(): string {
  if ((import.meta.url as string | undefined) === undefined)
    throw new Error('a bundle must name its worker file: option workerUrl');
  return new URL('../../worker/worker.js', import.meta.url).href;
}
