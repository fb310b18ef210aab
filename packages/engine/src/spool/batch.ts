import type { GroupEntry } from './group-entry.js';
import type { SegmentFile } from './segment-file.js';
import type { PartRecord } from './spool-gap.js';
import type { SpoolHold } from './spool-tag.js';

/** Bytes that are written together to one segment. */
export class Batch {
  readonly file: SegmentFile;
  readonly part: PartRecord;
  readonly parts: Uint8Array[] = [];
  /** Bytes of all parts. */
  bytes = 0;
  /** Tags in it, with the bytes of their bodies, and ms of media. */
  readonly content = { tags: 0, bytes: 0, ms: 0 };
  /** Groups that are whole with these bytes. */
  readonly groups: GroupEntry[] = [];
  /** The segment ends with it. */
  isLast = false;
  /** Memory that is let go of when the bytes are written. */
  readonly #holds: SpoolHold[] = [];

  constructor(file: SegmentFile, part: PartRecord) {
    this.file = file;
    this.part = part;
  }

  hold(hold: SpoolHold): void {
    this.#holds.push(hold);
  }

  /** Lets go of the memory; `taken`: the bytes are written. */
  release(taken: boolean): void {
    for (const hold of this.#holds.splice(0)) hold.release(taken);
  }
}
