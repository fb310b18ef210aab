import { MessageChannel, type MessagePort } from 'node:worker_threads';
import type { Piscina } from 'piscina';
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
  readonly maxConnecting: number;
}

/** The caller's end of a shard: its ring, its doorbell, its reports. */
export class ShardClient {
  readonly ring: RingProducer;
  readonly counters: ShardCounters;
  /** True once the shard's thread is gone: nobody reads the ring any more. */
  dead = false;
  /** Channels that live on the shard. */
  channels = 0;
  /** Settles when the shard's task ends; rejects when its thread died. */
  readonly ended: Promise<void>;
  readonly #port: MessagePort;

  constructor(
    threads: Piscina<ShardInit, void>,
    shared: SharedState,
    onReport: (report: ShardReport) => void,
  ) {
    const ring = newRing();
    const counters = newCounterMemory(shared.maxConnections);
    const { port1, port2 } = new MessageChannel();
    this.ring = new RingProducer(ring);
    this.counters = new ShardCounters(counters);
    this.#port = port1;
    this.#port.on('message', onReport);
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
    this.ended = threads.run(init, { transferList: [port2] }).finally(() => {
      this.dead = true;
      this.#port.close();
    });
  }

  post(request: ShardRequest): void {
    this.#port.postMessage(request);
  }

  /** Wakes the shard if it sleeps. Call it after a descriptor was added to the ring. */
  ringDoorbell(): void {
    if (this.ring.mustWake()) this.#port.postMessage(null);
  }
}
