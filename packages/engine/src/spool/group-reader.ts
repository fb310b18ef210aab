import type { GroupEntry, SpoolPlace } from './group-entry.js';
import { loadGone, loadSegment, segmentPaths } from './segment-loader.js';
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

/** The end of what could be read. */
export interface ReadEnd {
  /** All before this place was given, or is damaged. */
  readonly place: SpoolPlace;
  /** Groups behind the last one that was given that are damaged. */
  readonly damaged: number;
}

/** Media that is not what was written. */
interface Damage {
  readonly groups: number;
  readonly bytes: number;
  readonly ms: number;
}

/** The series of a reader. */
export interface ReaderOwner {
  readonly io: SpoolIo;
  readonly folder: string;
  /** Writes what waits, so that it can be read. */
  flush(): Promise<void>;
  /** So many groups, bytes and ms of media are not what was written, and are left out: each is told once. */
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

  /** @param ofOnePart it ends behind the first segment of which it has given a group */
  async *groups(ofOnePart = false): AsyncGenerator<SpoolGroup, ReadEnd> {
    let part = this.#partFrom(this.#place.segment);
    for (; part !== undefined; part = this.#partFrom(part.number + 1)) {
      if (part.number > this.#place.segment) this.#place = { segment: part.number, group: 0 };
      const hasGiven: boolean = yield* this.#groupsOf(part);
      const isOver = part.isFinished && this.#place.group >= part.groups;
      if (!isOver || (ofOnePart && hasGiven)) break;
    }
    return { place: this.#place, damaged: this.#damaged };
  }

  #partFrom(segment: number): PartRecord | undefined {
    return this.#gap.parts.find(({ number }) => number >= segment);
  }

  /** @returns whether it has given any */
  async *#groupsOf(part: PartRecord): AsyncGenerator<SpoolGroup, boolean> {
    if (this.#place.group >= part.groups) return false;
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
      // Where the index is there, nobody has removed it: its media is lost.
      const isLost = this.#gap.parts.includes(part) && (await loadGone(io, folder, name)) !== undefined;
      if (isLost) this.#leaveOutRest(part, []);
      // It was removed meanwhile, which counts as confirmed.
      this.#place = { segment: part.number, group: part.groups };
      return false;
    }
    try {
      return yield* this.#read(reader, part, entries);
    } finally {
      await reader.close();
    }
  }

  async *#read(
    reader: SegmentReader,
    part: PartRecord,
    entries: readonly GroupEntry[],
  ): AsyncGenerator<SpoolGroup, boolean> {
    const { file } = part;
    let hasGiven = false;
    while (this.#place.group < part.groups) {
      const place = this.#place;
      const next = { segment: part.number, group: place.group + 1 };
      const entry = entries[place.group];
      if (entry === undefined) {
        this.#leaveOutRest(part, entries);
        break;
      }
      if (part.file !== undefined && part.file.written < entry.offset + entry.bytes) {
        await this.#owner.flush();
        if (file?.hasFailed) break;
      }
      // Without the headers of its stream, nothing can be decoded.
      const isLeftOut = (this.#skips && !entry.isStart) || reader.headers.length === 0;
      const tags = isLeftOut ? undefined : await reader.read(entry);
      this.#place = next;
      if (tags === undefined) {
        this.#noteDamaged(part, place.group, { groups: 1, bytes: entry.bytes, ms: msOf(entry) });
        continue;
      }
      const damaged = this.#damaged;
      this.#skips = false;
      this.#damaged = 0;
      hasGiven = true;
      const { bytes, firstWall, lastWall, isStart } = entry;
      const { headers } = reader;
      yield { place, next, headers, tags, bytes, start: firstWall, end: lastWall, isStart, damaged };
    }
    return hasGiven;
  }

  /** The file has lost its end, and the groups that were there with it. */
  #leaveOutRest(part: PartRecord, entries: readonly GroupEntry[]): void {
    const last = entries.at(-1);
    const end = last === undefined ? part.headerBytes : last.offset + last.bytes;
    const ms = entries.reduce((sum, entry) => sum + msOf(entry), 0);
    const { group } = this.#place;
    const groups = part.groups - group;
    this.#place = { segment: part.number, group: part.groups };
    const lost = { groups, bytes: Math.max(0, part.bytes - end), ms: Math.max(0, part.ms - ms) };
    this.#noteDamaged(part, group, lost);
  }

  #noteDamaged(part: PartRecord, first: number, { groups, bytes, ms }: Damage): void {
    this.#skips = true;
    this.#damaged += groups;
    if (part.noteDamaged(first)) this.#owner.onDamaged(groups, bytes, ms);
  }
}

function msOf({ firstTimestamp, lastTimestamp }: GroupEntry): number {
  return Math.max(0, (lastTimestamp - firstTimestamp) | 0);
}
