import type { MonotonicClock } from '../base/clock.js';
import type { CloudPushError } from '../base/errors.js';
import { Acknowledgements } from './acknowledgements.js';
import { GapStore } from './gap-store.js';
import { FIRST_PLACE, type GroupEntry, type SpoolPlace } from './group-entry.js';
import { GapReader, type ReadEnd, type SpoolGroup } from './group-reader.js';
import { unconfirmedOf } from './segment-loader.js';
import { keepSeriesNames, type SeriesOwnerNames } from './series-name.js';
import type { SpoolLoss } from './series-owner.js';
import { findGaps } from './series-recovery.js';
import { SeriesWriter } from './series-writer.js';
import { NOTHING_REMOVED, SpoolCounters, type SpoolRemoval } from './spool-counters.js';
import { spoolFailed } from './spool-failed.js';
import { type GapRecord, PartRecord, type SpoolGap } from './spool-gap.js';
import type { SpoolIo } from './spool-io.js';
import { DEFAULT_POLICY, type SpoolBacklog, type SpoolPolicy } from './spool-policy.js';
import type { SpoolHold, SpoolTag } from './spool-tag.js';

/** Parts that a series is built from. */
export interface SpoolSeriesParts {
  /** An absolute path: the folder of this series alone. */
  readonly folder: string;
  readonly io: SpoolIo;
  readonly clock: MonotonicClock;
  /** Kept beside the media, for people and tools. */
  readonly names?: SeriesOwnerNames;
  readonly policy?: Partial<SpoolPolicy>;
  /** Shared by the series of a thread, whose waiting bytes are bounded together. */
  readonly backlog?: SpoolBacklog;
  /**
   * The disk failed (`ERR_CLOUDPUSH_SPOOL_FAILED`): the gap under way ends, tags that waited are lost, and
   * nothing is taken for 10 s. Then the series goes on by itself, with another gap.
   */
  onFault?(error: CloudPushError, loss: SpoolLoss): void;
}

/** Media that indexes name, and that is on disk no more. */
export interface MissingMedia {
  /** Wall clock of its first and last tag, ms since 1970. */
  readonly start: number;
  readonly end: number;
  /** Groups of pictures. */
  readonly damaged: number;
  readonly bytes: number;
  readonly ms: number;
}

function mediaOf(groups: readonly GroupEntry[]): MissingMedia {
  const part = new PartRecord(1, 0, 0);
  for (const group of groups) part.addGroup(group);
  const bytes = groups.reduce((sum, group) => sum + group.bytes, 0);
  return { start: part.start, end: part.end, damaged: groups.length, bytes, ms: part.ms };
}

/**
 * The spool of one destination: gaps on disk, each a row of segments. One thread writes it and reads it; one
 * gap at most is open.
 */
export class SpoolSeries {
  readonly #parts: SpoolSeriesParts;
  readonly #writer: SeriesWriter;
  readonly #store: GapStore;
  readonly counters = new SpoolCounters();
  /** Media that an earlier process has written, and that was not there when the series was opened. */
  missing: readonly MissingMedia[] = [];
  /** Looks at the files that a failure of the disk has left. */
  #mending: Promise<void> = Promise.resolve();

  private constructor(parts: SpoolSeriesParts, acknowledgements: Acknowledgements, gaps: GapRecord[]) {
    const { folder, io, clock, policy, backlog } = parts;
    this.#parts = parts;
    this.#store = new GapStore({ io, folder, acknowledgements, settle: () => this.flush() }, gaps);
    const owner = {
      openGap: (start: number) => this.#store.open(start),
      onWritten: (tags: number, bytes: number) => this.#noteWritten(tags, bytes),
      onFault: (error: Error, loss: SpoolLoss) => this.#onFault(error, loss),
      onRefused: (loss: SpoolLoss) => this.noteLost(loss),
    };
    const merged = { ...DEFAULT_POLICY, ...policy };
    this.#writer = new SeriesWriter({ folder, io, clock, policy: merged, backlog, owner });
  }

  /**
   * Opens a series, with what an earlier process has left: of each segment, what can be trusted.
   * @throws CloudPushError `ERR_CLOUDPUSH_SPOOL_FAILED` where the folder cannot be made, read or written
   */
  static async open(parts: SpoolSeriesParts): Promise<SpoolSeries> {
    const { io, folder, names } = parts;
    try {
      await io.makeFolder(folder);
      if (names !== undefined) await keepSeriesNames(io, folder, names);
      const acknowledgements = new Acknowledgements(io, folder);
      await acknowledgements.load();
      const missing: MissingMedia[] = [];
      const gaps = await findGaps(io, folder, true, (name, loaded) => {
        const place = acknowledgements.get(name.gap) ?? FIRST_PLACE;
        const groups = unconfirmedOf(loaded, name.segment, place);
        if (groups.length > 0) missing.push(mediaOf(groups));
      });
      const series = new SpoolSeries(parts, acknowledgements, gaps);
      series.missing = missing;
      for (const { damaged, bytes, ms } of missing) series.noteUnreadable(damaged, bytes, ms);
      for (const gap of [...series.#store.gaps]) await series.#store.removeAcknowledged(gap);
      return series;
    } catch (error) {
      throw spoolFailed(folder, error);
    }
  }

  /** Gaps that are on disk, oldest first. */
  get gaps(): readonly SpoolGap[] {
    return this.#store.gaps;
  }

  /** The gap that is being written, once it has a tag. */
  get openGap(): SpoolGap | undefined {
    return this.#writer.gap;
  }

  /** Bytes of all its segments. */
  get bytes(): number {
    return this.#store.bytes;
  }

  /** Bytes that wait for the disk: their memory is still held. */
  get waitingBytes(): number {
    return this.#writer.waitingBytes;
  }

  /** Bytes that it takes before some are on disk. */
  get room(): number {
    return this.#writer.room;
  }

  /** The disk has failed, and is not tried now. */
  get isOff(): boolean {
    return this.#writer.isOff;
  }

  /**
   * Begins a gap, and ends the one before: it opens with the first key frame (with the first sound where the
   * headers announce no pictures).
   * @param headers of the stream: onMetaData and sequence headers, as they would go out
   * @param start wall clock, ms since 1970; that of the first tag where it is missing
   */
  begin(headers: readonly SpoolTag[], start?: number): void {
    this.#writer.begin(start, headers);
  }

  /** The stream has other headers from the next key frame on. */
  setHeaders(headers: readonly SpoolTag[]): void {
    this.#writer.setHeaders(headers);
  }

  /**
   * Takes a tag. Where it cannot (too many bytes wait for the disk, the disk has failed, no place to start
   * at has come yet), the tag is counted as lost, and so are those that follow up to the next key frame.
   * @param wall its wall clock, ms since 1970
   * @param hold its memory: released once the tag is written, or lost; not where the tag is not taken
   * @returns whether the tag was taken
   */
  append(tag: SpoolTag, wall: number, hold?: SpoolHold): boolean {
    return this.#writer.append(tag, wall, hold);
  }

  /** Ends the gap. Resolves when all of it is on disk; a failure is told by `onFault`. */
  async end(): Promise<void> {
    const { gap } = this.#writer;
    await this.#writer.end();
    await this.#mending;
    if (gap === undefined) return;
    // Files that cannot be removed now go when the series is opened again.
    this.#noteAcknowledged(await this.#store.removeAcknowledged(gap).catch(() => NOTHING_REMOVED));
  }

  /** Writes what waits at once. */
  async flush(): Promise<void> {
    await this.#writer.flush();
    await this.#mending;
  }

  /**
   * Reads a gap, group by group, to the last group that is whole by now: a gap that is open may be read
   * again from there. Groups that are damaged are left out, and counted, each once. Of a gap that is gone,
   * nothing is read.
   * @param ofOnePart it ends behind the first segment of which some can be read
   * @throws the system's error
   */
  async *read(
    gap: SpoolGap,
    from: SpoolPlace = gap.acknowledged,
    ofOnePart = false,
  ): AsyncGenerator<SpoolGroup, ReadEnd> {
    const { io, folder } = this.#parts;
    const record = this.#store.find(gap);
    if (record === undefined) return { place: FIRST_PLACE, damaged: 0 };
    const owner = {
      io,
      folder,
      flush: () => this.flush(),
      onDamaged: (groups: number, bytes: number, ms: number) => this.noteUnreadable(groups, bytes, ms),
    };
    await this.#mending;
    return yield* new GapReader(owner, record, from).groups(ofOnePart);
  }

  /**
   * So many groups, bytes and ms of media cannot be read, and are left out by their reader: they are lost.
   */
  noteUnreadable(groups: number, bytes: number, ms: number): void {
    this.counters.damagedGroups += groups;
    this.counters.damagedBytes += bytes;
    this.counters.damagedMs += ms;
  }

  /**
   * Everything of a gap before `place` has arrived. Segments that lie before it are removed, once the place
   * is durable.
   * @throws the system's error
   */
  async acknowledge(gap: SpoolGap, place: SpoolPlace): Promise<void> {
    const record = this.#store.find(gap);
    if (record === undefined) return;
    this.#noteAcknowledged(await this.#store.acknowledge(record, place));
  }

  /**
   * Removes the oldest segments that are whole, until so many bytes are free. Where they are not enough, the
   * one that is being written ends with its group, and is whole next time.
   */
  async expire(bytes: number): Promise<SpoolRemoval> {
    const removed = await this.#store.expire(bytes);
    if (removed.bytes < bytes) this.#writer.endSegmentSoon();
    return this.#expired(removed);
  }

  /** Removes segments whose last tag came before this wall clock, ms since 1970. */
  async expireBefore(wall: number): Promise<SpoolRemoval> {
    return this.#expired(await this.#store.expireBefore(wall));
  }

  /** Removes a gap with all its media; one that is open is ended first. */
  async drop(gap: SpoolGap): Promise<SpoolRemoval> {
    const record = this.#store.find(gap);
    if (record === undefined) return NOTHING_REMOVED;
    if (record.isOpen) await this.end();
    return await this.#store.drop(record);
  }

  /** Ends the gap that is open, and lets go of everything. What is on disk stays. */
  async close(): Promise<void> {
    await this.end();
    this.#writer.close();
  }

  #noteAcknowledged({ bytes, ms }: SpoolRemoval): void {
    this.counters.acknowledgedBytes += bytes;
    this.counters.acknowledgedMs += ms;
  }

  #expired(removed: SpoolRemoval): SpoolRemoval {
    this.counters.expiredBytes += removed.bytes;
    this.counters.expiredMs += removed.ms;
    return removed;
  }

  #noteWritten(tags: number, bytes: number): void {
    this.counters.spooledTags += tags;
    this.counters.spooledBytes += bytes;
  }

  /** Counts media that did not reach the disk. */
  noteLost({ tags, bytes, ms }: SpoolLoss): void {
    this.counters.lostMs += ms;
    this.counters.lostTags += tags;
    this.counters.lostBytes += bytes;
  }

  #onFault(error: Error, loss: SpoolLoss): void {
    this.noteLost(loss);
    this.#mending = this.#mending.then(() => this.#store.mend());
    this.#parts.onFault?.(spoolFailed(this.#parts.folder, error), loss);
  }
}
