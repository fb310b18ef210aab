import type { GroupEntry, SpoolPlace } from './group-entry.js';
import { loadSegment, segmentPaths } from './segment-loader.js';
import { SegmentReader } from './segment-reader.js';
import type { GapRecord, PartRecord } from './spool-gap.js';
import type { SpoolIo } from './spool-io.js';
import type { SpoolTag } from './spool-tag.js';

/** A whole group of pictures, as it was taken. */
export interface SpoolGroup {
  /** Where it is. */
  readonly place: SpoolPlace;
  /** The place behind it: confirm this when the group has arrived. */
  readonly next: SpoolPlace;
  /** Headers of the stream that the group belongs to: the same list for all groups of a part. */
  readonly headers: readonly SpoolTag[];
  readonly tags: readonly SpoolTag[];
  /** Bytes on disk. */
  readonly bytes: number;
  /** Wall clock of its first and last tag, ms since 1970. */
  readonly start: number;
  readonly end: number;
  /** Decoding can start at it; false for the rest of a group that was too long for one read. */
  readonly isStart: boolean;
  /** Groups right before it that are damaged, and were left out. */
  readonly damaged: number;
}

/** The series of a reader. */
export interface ReaderOwner {
  readonly io: SpoolIo;
  readonly folder: string;
  /** Writes what waits, so that it can be read. */
  flush(): Promise<void>;
  /** So many groups, bytes and ms of media are not what was written, and are left out. */
  onDamaged(groups: number, bytes: number, ms: number): void;
}

/** Reads the groups of a gap from a place on, to the last one that is whole by now. */
export class GapReader {
  readonly #owner: ReaderOwner;
  readonly #gap: GapRecord;
  #place: SpoolPlace;
  #damaged = 0;
  /** The next group may refer to one that was damaged. */
  #skips = false;

  constructor(owner: ReaderOwner, gap: GapRecord, from: SpoolPlace) {
    this.#owner = owner;
    this.#gap = gap;
    this.#place = from;
  }

  async *groups(): AsyncGenerator<SpoolGroup, void> {
    for (;;) {
      const { segment } = this.#place;
      const part = this.#gap.parts.find(({ number }) => number >= segment);
      if (part === undefined) return;
      if (part.number > segment) this.#place = { segment: part.number, group: 0 };
      yield* this.#groupsOf(part);
      if (!part.isFinished || this.#place.group < part.groups) return;
      this.#place = { segment: part.number + 1, group: 0 };
    }
  }

  async *#groupsOf(part: PartRecord): AsyncGenerator<SpoolGroup, void> {
    if (this.#place.group >= part.groups) return;
    const { io, folder } = this.#owner;
    const name = { gap: this.#gap.number, segment: part.number };
    if (part.file !== undefined) await this.#owner.flush();
    let reader: SegmentReader;
    let entries: readonly GroupEntry[];
    try {
      entries = part.file?.groups ?? (await loadSegment(io, folder, name))?.groups ?? [];
      reader = await SegmentReader.open(io, segmentPaths(folder, name).media, part.headerBytes);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      // It was removed meanwhile, which counts as confirmed.
      this.#place = { segment: part.number, group: part.groups };
      return;
    }
    try {
      yield* this.#read(reader, part, entries);
    } finally {
      await reader.close();
    }
  }

  async *#read(
    reader: SegmentReader,
    part: PartRecord,
    entries: readonly GroupEntry[],
  ): AsyncGenerator<SpoolGroup, void> {
    const { file } = part;
    while (this.#place.group < part.groups) {
      const place = this.#place;
      const next = { segment: part.number, group: place.group + 1 };
      const entry = entries[place.group];
      if (entry === undefined) return this.#leaveOutRest(part, entries);
      if (part.file !== undefined && part.file.written < entry.offset + entry.bytes) {
        await this.#owner.flush();
        if (file?.hasFailed) return;
      }
      // Without the headers of its stream, nothing can be decoded.
      const isLeftOut = (this.#skips && !entry.isStart) || reader.headers.length === 0;
      const tags = isLeftOut ? undefined : await reader.read(entry);
      this.#place = next;
      if (tags === undefined) {
        this.#noteDamaged(1, entry.bytes, msOf(entry));
        continue;
      }
      const damaged = this.#damaged;
      this.#skips = false;
      this.#damaged = 0;
      const { bytes, firstWall, lastWall, isStart } = entry;
      const { headers } = reader;
      yield { place, next, headers, tags, bytes, start: firstWall, end: lastWall, isStart, damaged };
    }
  }

  /** The file has lost its end, and the groups that were there with it. */
  #leaveOutRest(part: PartRecord, entries: readonly GroupEntry[]): void {
    const last = entries.at(-1);
    const end = last === undefined ? part.headerBytes : last.offset + last.bytes;
    const ms = entries.reduce((sum, entry) => sum + msOf(entry), 0);
    const groups = part.groups - this.#place.group;
    this.#place = { segment: part.number, group: part.groups };
    this.#noteDamaged(groups, Math.max(0, part.bytes - end), Math.max(0, part.ms - ms));
  }

  #noteDamaged(groups: number, bytes: number, ms: number): void {
    this.#skips = true;
    this.#damaged += groups;
    this.#owner.onDamaged(groups, bytes, ms);
  }
}

function msOf({ firstTimestamp, lastTimestamp }: GroupEntry): number {
  return Math.max(0, (lastTimestamp - firstTimestamp) | 0);
}
