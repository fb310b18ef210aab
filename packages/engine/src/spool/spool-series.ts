import type { MonotonicClock } from '../base/clock.js';
import { Acknowledgements } from './acknowledgements.js';
import type { SpoolLoss } from './disk-queue.js';
import { FIRST_PLACE, type GroupEntry, isBefore, type SpoolPlace } from './group-entry.js';
import { GapReader, type SpoolGroup } from './group-reader.js';
import { loadSegment, segmentPaths } from './segment-loader.js';
import { findGaps } from './series-recovery.js';
import { SeriesWriter } from './series-writer.js';
import { GapRecord, type PartRecord, type SpoolGap } from './spool-gap.js';
import type { SpoolIo } from './spool-io.js';
import { DEFAULT_POLICY, type SpoolPolicy } from './spool-policy.js';
import type { SpoolHold, SpoolTag } from './spool-tag.js';
import { removeIfThere } from './text-file.js';

/** What a series stands on. */
export interface SpoolSeriesParts {
  /** An absolute path: the folder of this series alone. */
  readonly folder: string;
  readonly io: SpoolIo;
  readonly clock: MonotonicClock;
  readonly policy?: Partial<SpoolPolicy>;
  /**
   * The disk failed: the gap under way ends, tags that waited are lost, and nothing is taken for a while.
   * Then the series goes on by itself, with another gap.
   */
  onFault?(error: Error, loss: SpoolLoss): void;
}

/** Bytes, tags and ms of media that have gone through a series since it was opened. */
export class SpoolCounters {
  spooledTags = 0;
  spooledBytes = 0;
  /** Refused or lost because the disk was too slow or failed. */
  lostTags = 0;
  lostBytes = 0;
  acknowledgedBytes = 0;
  acknowledgedMs = 0;
  expiredBytes = 0;
  expiredMs = 0;
  damagedGroups = 0;
  damagedBytes = 0;
}

/** Bytes and ms of media that were removed. */
export interface SpoolRemoval {
  readonly bytes: number;
  readonly ms: number;
}

/**
 * The spool of one destination: gaps on disk, each a row of segments. One thread writes it and reads it; one
 * gap at most is open.
 */
export class SpoolSeries {
  readonly #parts: SpoolSeriesParts;
  readonly #writer: SeriesWriter;
  readonly #acknowledgements: Acknowledgements;
  readonly #gaps: GapRecord[];
  readonly counters = new SpoolCounters();
  /** What a failure of the disk has left is being looked at. */
  #mending: Promise<void> = Promise.resolve();

  private constructor(parts: SpoolSeriesParts, acknowledgements: Acknowledgements, gaps: GapRecord[]) {
    const { folder, io, clock, policy } = parts;
    this.#parts = parts;
    this.#acknowledgements = acknowledgements;
    this.#gaps = gaps;
    const owner = {
      openGap: (start: number) => this.#openGap(start),
      onFault: (error: Error, loss: SpoolLoss, gap: GapRecord | undefined) => this.#onFault(error, loss, gap),
      onRefused: (tag: SpoolTag) => this.#noteLost({ tags: 1, bytes: tag.size }),
    };
    this.#writer = new SeriesWriter({ folder, io, clock, policy: { ...DEFAULT_POLICY, ...policy }, owner });
  }

  /**
   * Opens a series, with what an earlier process has left: of each segment, what can be trusted.
   * @throws the system's error where the folder cannot be made or read
   */
  static async open(parts: SpoolSeriesParts): Promise<SpoolSeries> {
    const { io, folder } = parts;
    await io.makeFolder(folder);
    const acknowledgements = new Acknowledgements(io, folder);
    await acknowledgements.load();
    const gaps = await findGaps(io, folder, true);
    for (const gap of gaps) {
      gap.acknowledged = acknowledgements.get(gap.number) ?? FIRST_PLACE;
      acknowledgements.lastGap = Math.max(acknowledgements.lastGap, gap.number);
    }
    const series = new SpoolSeries(parts, acknowledgements, gaps);
    for (const gap of [...gaps]) await series.#removeAcknowledged(gap);
    return series;
  }

  /** Gaps that are on disk, oldest first. */
  get gaps(): readonly SpoolGap[] {
    return this.#gaps;
  }

  /** The gap that is being written, once it has a tag. */
  get openGap(): SpoolGap | undefined {
    return this.#writer.gap;
  }

  /** Bytes of all its segments. */
  get bytes(): number {
    return this.#gaps.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Bytes that wait for the disk: their memory is still held. */
  get waitingBytes(): number {
    return this.#writer.waitingBytes;
  }

  /** The disk has failed, and is not tried now. */
  get isOff(): boolean {
    return this.#writer.isOff;
  }

  /**
   * Begins a gap: it opens with the first key frame (with the first sound where the headers announce no
   * pictures).
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
    if (!this.#writer.append(tag, wall, hold)) return false;
    this.counters.spooledTags++;
    this.counters.spooledBytes += tag.size;
    return true;
  }

  /** Ends the gap. Resolves when all of it is on disk; a failure is told by `onFault`. */
  end(): Promise<void> {
    return this.#writer.end();
  }

  /** Writes what waits at once. */
  flush(): Promise<void> {
    return this.#writer.flush();
  }

  /**
   * Reads a gap, group by group, to the last group that is whole by now: a gap that is open may be read
   * again from there. Groups that are damaged are left out, and counted.
   * @throws the system's error
   */
  read(gap: SpoolGap, from: SpoolPlace = gap.acknowledged): AsyncGenerator<SpoolGroup, void> {
    const { io, folder } = this.#parts;
    const owner = {
      io,
      folder,
      flush: () => this.flush(),
      onDamaged: ({ bytes }: GroupEntry) => {
        this.counters.damagedGroups++;
        this.counters.damagedBytes += bytes;
      },
    };
    return new GapReader(owner, this.#record(gap), from).groups();
  }

  /**
   * Everything of a gap before `place` has arrived. Segments that lie before it are removed, once the place
   * is durable.
   */
  async acknowledge(gap: SpoolGap, place: SpoolPlace): Promise<void> {
    const record = this.#record(gap);
    if (!isBefore(record.acknowledged, place)) return;
    record.acknowledged = place;
    this.#acknowledgements.set(record.number, place);
    await this.#acknowledgements.save();
    const { bytes, ms } = await this.#removeAcknowledged(record);
    this.counters.acknowledgedBytes += bytes;
    this.counters.acknowledgedMs += ms;
  }

  /** Removes the oldest segments that nothing is written to any more, until so many bytes are free. */
  async expire(bytes: number): Promise<SpoolRemoval> {
    let removed = { bytes: 0, ms: 0 };
    while (removed.bytes < bytes) {
      const gap = this.#gaps.find(({ parts }) => parts[0]?.isFinished);
      if (gap === undefined) break;
      removed = added(removed, await this.#remove(gap, gap.parts[0]!));
    }
    this.counters.expiredBytes += removed.bytes;
    this.counters.expiredMs += removed.ms;
    return removed;
  }

  /** Removes segments whose last tag is older than this wall clock, ms since 1970. */
  async expireBefore(wall: number): Promise<SpoolRemoval> {
    let removed = { bytes: 0, ms: 0 };
    for (const gap of [...this.#gaps]) {
      for (const part of [...gap.parts])
        if (part.isFinished && part.end < wall) removed = added(removed, await this.#remove(gap, part));
    }
    this.counters.expiredBytes += removed.bytes;
    this.counters.expiredMs += removed.ms;
    return removed;
  }

  /** Removes a gap with all its media; one that is open is ended first. */
  async drop(gap: SpoolGap): Promise<SpoolRemoval> {
    const record = this.#record(gap);
    if (record.isOpen) await this.end();
    let removed = { bytes: 0, ms: 0 };
    for (const part of [...record.parts]) removed = added(removed, await this.#remove(record, part));
    return removed;
  }

  /** Ends the gap that is open, and lets go of everything. What is on disk stays. */
  close(): Promise<void> {
    return this.end();
  }

  #record({ number }: SpoolGap): GapRecord {
    const gap = this.#gaps.find((each) => each.number === number);
    if (gap === undefined) throw new RangeError(`gap ${number} is not in the spool`);
    return gap;
  }

  #openGap(start: number): GapRecord {
    const number = ++this.#acknowledgements.lastGap;
    const gap = new GapRecord(number, start, true);
    this.#gaps.push(gap);
    return gap;
  }

  async #removeAcknowledged(gap: GapRecord): Promise<SpoolRemoval> {
    let removed = { bytes: 0, ms: 0 };
    for (const part of [...gap.parts]) {
      if (!gap.isAcknowledged(part)) break;
      removed = added(removed, await this.#remove(gap, part));
    }
    return removed;
  }

  /** The media goes first: an index without it is removed when the series is opened again. */
  async #remove(gap: GapRecord, part: PartRecord): Promise<SpoolRemoval> {
    const { io, folder } = this.#parts;
    await this.flush();
    gap.parts.splice(gap.parts.indexOf(part), 1);
    if (gap.parts.length === 0 && !gap.isOpen) {
      this.#gaps.splice(this.#gaps.indexOf(gap), 1);
      this.#acknowledgements.forget(gap.number);
    }
    const { media, index } = segmentPaths(folder, { gap: gap.number, segment: part.number });
    await removeIfThere(io, media);
    await removeIfThere(io, index);
    await io.syncFolder(folder);
    return { bytes: part.bytes, ms: part.ms };
  }

  #noteLost({ tags, bytes }: SpoolLoss): void {
    this.counters.lostTags += tags;
    this.counters.lostBytes += bytes;
  }

  #onFault(error: Error, loss: SpoolLoss, gap: GapRecord | undefined): void {
    this.#noteLost(loss);
    if (gap !== undefined) this.#mending = this.#mending.then(() => this.#mend(gap));
    this.#parts.onFault?.(error, loss);
  }

  /** Finds out what of the last segment a disk that failed has kept. */
  async #mend(gap: GapRecord): Promise<void> {
    const { io, folder } = this.#parts;
    for (const part of gap.parts) {
      if (part.live === undefined) continue;
      part.live = undefined;
      part.isFinished = true;
      const name = { gap: gap.number, segment: part.number };
      const loaded = await loadSegment(io, folder, name).catch(() => undefined);
      part.reset(loaded?.groups ?? [], loaded?.validBytes ?? 0);
    }
  }
}

function added(a: SpoolRemoval, b: SpoolRemoval): SpoolRemoval {
  return { bytes: a.bytes + b.bytes, ms: a.ms + b.ms };
}
