import type { MessagePort } from 'node:worker_threads';
import type { SpoolStoreConfig } from '../options/spool-config.js';

/** The disk spool of an engine, as a shard has part in it. */
interface SpoolInit {
  readonly config: SpoolStoreConfig;
  /** Of the gates behind which gaps are sent. */
  readonly backfill: SharedArrayBuffer;
  /** The shard's own place there. */
  readonly slot: number;
}

/** The data a worker thread starts with. All memory is shared. */
export interface ShardInit {
  readonly pool: SharedArrayBuffer;
  readonly released: Int32Array;
  /** One word: not 0 when the caller's thread wants to hear of the next released block. */
  readonly releaseWanted: Int32Array;
  readonly ring: SharedArrayBuffer;
  readonly gates: SharedArrayBuffer;
  readonly counters: SharedArrayBuffer;
  /** The longest that a descriptor may wait in the ring for others to come, in ms. */
  readonly maxBatchDelay: number;
  /** The longest that sound waits for its channel's next picture, in ms. */
  readonly maxAudioDelay: number;
  /** The most connections that the shard makes at a time. */
  readonly maxConnecting: number;
  /** State of each block, when the pool is watched. */
  readonly blockStates: SharedArrayBuffer | undefined;
  /** Of a `Fence`; undefined: there is none. */
  readonly fence: SharedArrayBuffer | undefined;
  /** Undefined: there is none. */
  readonly spool: SpoolInit | undefined;
  readonly port: MessagePort;
}
