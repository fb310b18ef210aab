/** When the spool asks the disk to make bytes durable. */
export type SpoolSync = 'second' | 'segment' | 'none';

/** How a series writes. */
export interface SpoolPolicy {
  /**
   * `'second'`: a power loss costs what came in the last 1.2 s and the time of a write. `'segment'`: the
   * segment under way. `'none'`: what the system had not written by itself. A process that dies costs 0.2 s
   * with any of them.
   */
  readonly sync: SpoolSync;
  /** A segment ends at the first key frame behind so many bytes, or ms of media. */
  readonly segmentBytes: number;
  readonly segmentMs: number;
  /** Bytes of a series that may wait for the disk; more are refused. */
  readonly maxWaitingBytes: number;
}

export const DEFAULT_POLICY: SpoolPolicy = {
  sync: 'second',
  segmentBytes: 64 * 1024 * 1024,
  segmentMs: 60_000,
  maxWaitingBytes: 4 * 1024 * 1024,
};

/** Tags are gathered for so long, in ms, before they are written together. */
export const BATCH_MS = 200;
/** ms between two syncs of a series. */
export const SYNC_MS = 1000;
/** After a failure the disk is tried again so much later, in ms. */
export const RETRY_MS = 10_000;

/** Bytes of several series that wait for the disk, and their bound: a slow disk must not eat the pool. */
export class SpoolBacklog {
  readonly maxBytes: number;
  bytes = 0;

  constructor(maxBytes = 64 * 1024 * 1024) {
    this.maxBytes = maxBytes;
  }
}
