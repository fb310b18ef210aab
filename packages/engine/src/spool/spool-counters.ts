/** Counts of a series since it was opened. */
export class SpoolCounters {
  spooledTags = 0;
  /** Of tag bodies, as `lostBytes`. */
  spooledBytes = 0;
  /** Tags that did not reach the disk: it was too slow, or failed, or nothing could be decoded from them. */
  lostTags = 0;
  lostBytes = 0;
  lostMs = 0;
  /** On disk, as all that follow. */
  acknowledgedBytes = 0;
  acknowledgedMs = 0;
  expiredBytes = 0;
  expiredMs = 0;
  damagedGroups = 0;
  damagedBytes = 0;
  damagedMs = 0;
}

/** Bytes on disk and ms of media that were removed. */
export interface SpoolRemoval {
  readonly bytes: number;
  readonly ms: number;
}

export const NOTHING_REMOVED: SpoolRemoval = { bytes: 0, ms: 0 };

export function together(a: SpoolRemoval, b: SpoolRemoval): SpoolRemoval {
  return { bytes: a.bytes + b.bytes, ms: a.ms + b.ms };
}
