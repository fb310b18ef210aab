import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { Piscina } from 'piscina';
import type { MediaMemory } from '../memory/media-memory.js';
import { newRing, RingProducer } from '../memory/ring.js';
import { newCounterMemory, ShardCounters } from '../stats/counters.js';
import type { ShardInit, ShardReport, ShardRequest } from './protocol.js';

/** What all shards of an engine share. */
export interface SharedState {
  readonly memory: MediaMemory;
  readonly gates: SharedArrayBuffer;
  readonly releaseWanted: Int32Array;
  readonly maxConnections: number;
  readonly maxBatchDelay: number;
  /** Per shard. */
  readonly maxConnecting: number;
}

const WORKER = new URL('./worker.js', import.meta.url).href;
/** The longest that a worker thread may take to come up, in ms. */
const START_TIMEOUT = 10_000;

/**
 * The caller's end of a shard: its thread, its ring, its doorbell, its reports.
 *
 * Each shard has a thread pool of one thread of its own: a pool of several, once one of its threads has died while it
 * started, never starts another.
 */
export class ShardClient {
  readonly ring: RingProducer;
  readonly counters: ShardCounters;
  /** Resolves when the thread is up; rejects when it does not come up. */
  readonly ready: Promise<void>;
  /** Settles when the shard is over; rejects when its thread died and was not told to stop. */
  readonly ended: Promise<void>;
  /** Channels that live on the shard. */
  channels = 0;
  readonly #threads: Piscina<ShardInit, void>;
  readonly #port: MessagePort;
  #isReady = false;
  #dead = false;
  #stopping = false;

  constructor(shared: SharedState, onReport: (report: ShardReport) => void) {
    const ring = newRing();
    const counters = newCounterMemory(shared.maxConnections);
    const { port1, port2 } = new MessageChannel();
    this.ring = new RingProducer(ring);
    this.counters = new ShardCounters(counters);
    this.#port = port1;
    this.#threads = new Piscina<ShardInit, void>({
      filename: WORKER,
      name: 'runShard',
      minThreads: 1,
      maxThreads: 1,
      concurrentTasksPerWorker: 1,
      idleTimeout: Number.POSITIVE_INFINITY,
      // With atomics a worker waits for its next task by blocking the thread, and its sockets with it.
      atomics: 'disabled',
    });
    const init: ShardInit = {
      pool: shared.memory.pool.buffer,
      released: shared.memory.releaseHead,
      releaseWanted: shared.releaseWanted,
      ring,
      gates: shared.gates,
      counters,
      maxBatchDelay: shared.maxBatchDelay,
      maxConnecting: shared.maxConnecting,
      port: port2,
    };
    const ready = new Promise<void>((resolve) => {
      this.#port.on('message', (report: ShardReport) => {
        if (report.type === 'ready') resolve();
        else onReport(report);
      });
    });
    this.ended = this.#run(init, ready);
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

  /** Wakes the shard if it sleeps. Call it after a descriptor was added to the ring. */
  ringDoorbell(): void {
    if (this.ring.mustWake()) this.#port.postMessage(null);
  }

  /** Ends the thread. Its channels have been closed before. */
  async stop(): Promise<void> {
    this.#stopping = true;
    if (this.#isReady) this.post({ type: 'stop' });
    else await this.#threads.destroy();
    await this.ended.catch(() => {});
  }

  async #run(init: ShardInit, ready: Promise<void>): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const failed = new Promise<never>((_, reject) => {
      this.#threads.once('error', reject);
      const late = new Error(`the worker thread was not up within ${START_TIMEOUT} ms`);
      timer = setTimeout(() => reject(late), START_TIMEOUT);
    });
    void ready.then(() => {
      this.#isReady = true;
      clearTimeout(timer);
    });
    try {
      await Promise.race([this.#threads.run(init, { transferList: [init.port] }), failed]);
    } catch (error) {
      if (!this.#stopping) throw error;
    } finally {
      this.#dead = true;
      clearTimeout(timer);
      this.#port.close();
      await this.#threads.destroy();
    }
  }
}
