import type { GapRecord } from './spool-gap.js';

/** Media that did not reach the disk. */
export interface SpoolLoss {
  readonly tags: number;
  /** Of tag bodies. */
  readonly bytes: number;
  /** Of media. */
  readonly ms: number;
}

/** The series of a writer. */
export interface SeriesOwner {
  /** Begins a gap, with a number that none had before. */
  openGap(start: number): GapRecord;
  /** The disk failed: the gap has ended, and its last segments may be damaged. */
  onFault(error: Error, loss: SpoolLoss): void;
  /** So much is written. */
  onWritten(tags: number, bytes: number): void;
  /** A tag was not taken, because too many bytes wait for the disk or the disk is off. */
  onRefused(loss: SpoolLoss): void;
}

export function addLoss(sum: { -readonly [key in keyof SpoolLoss]: SpoolLoss[key] }, more: SpoolLoss): void {
  sum.tags += more.tags;
  sum.bytes += more.bytes;
  sum.ms += more.ms;
}
