import type { EngineClock } from '../../base/clock.js';
import type { BackfillGate } from '../../memory/backfill-gate.js';
import type { SpoolConfig } from '../../options/spool-config.js';
import type { SpoolSeries } from '../../spool/index.js';
import type { FedMedia } from './fed-media.js';
import type { SpoolCounts } from './gap-recorder.js';
import type { SpooledStream } from './spooled-stream.js';

/** Counts frames that do not get to disk either. */
export interface SpoolLosses {
  noteSkipped(cause: 'start'): void;
  noteLost(pictures: number, audioFrames: number): void;
}

/** The spool has a tag: it is not sent, or sent as well. */
export type Taken = 'instead' | 'as well';

/** Parts that a spool is built from. */
export interface StreamSpoolParts {
  readonly config: Pick<SpoolConfig, 'when' | 'resume' | 'speed'>;
  readonly stream: SpooledStream;
  readonly series: SpoolSeries;
  readonly counts: SpoolCounts;
  readonly losses: SpoolLosses;
  readonly clock: EngineClock;
  /** Bytes of what was sent that are held in memory at most where the rest can go to disk. */
  readonly tailLimit: () => number;
  /** The same in any case. */
  readonly tailShare: () => number;
  /** Bytes that wait in memory at most until what is on disk before them has been sent. */
  readonly heldLimit: number;
  readonly gate: Pick<BackfillGate, 'isCongested'>;
  /** Waits for something that the disk does, and tells of its failure. */
  attempt(work: Promise<unknown>): void;
  /** Media has begun to go to disk; `start` in ms since 1970. */
  onOpened(start: number): void;
  /**
   * Media goes to the connection again; what is on disk can be sent.
   * @param fed media that was sent from disk on the stream itself
   */
  onResumed(fed: FedMedia | undefined): void;
  /** Counts media that was sent from disk on the stream itself. */
  onFed(bytes: number, ms: number): void;
  /** Media on disk cannot be read. */
  onUnreadable(error: Error): void;
}
