import type { Acknowledgements } from './acknowledgements.js';
import { FIRST_PLACE, isBefore, type SpoolPlace } from './group-entry.js';
import { loadSegment, segmentPaths } from './segment-loader.js';
import { NOTHING_REMOVED, type SpoolRemoval, together } from './spool-counters.js';
import { GapRecord, type PartRecord, type SpoolGap } from './spool-gap.js';
import type { SpoolIo } from './spool-io.js';
import { removeIfThere } from './text-file.js';

/** Parts that a store is built from. */
interface GapStoreParts {
  readonly io: SpoolIo;
  readonly folder: string;
  readonly acknowledgements: Acknowledgements;
  /** Resolves when no file is about to be made. */
  settle(): Promise<void>;
}

/** The gaps of a series, how far they were confirmed, and how they go. */
export class GapStore {
  readonly #parts: GapStoreParts;
  readonly gaps: GapRecord[];

  /** @param gaps that are on disk */
  constructor(parts: GapStoreParts, gaps: GapRecord[]) {
    const { acknowledgements } = parts;
    this.#parts = parts;
    this.gaps = gaps;
    for (const gap of gaps) {
      gap.acknowledged = acknowledgements.get(gap.number) ?? FIRST_PLACE;
      acknowledgements.lastGap = Math.max(acknowledgements.lastGap, gap.number);
    }
  }

  /** Bytes of all segments. */
  get bytes(): number {
    return this.gaps.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  open(start: number): GapRecord {
    const gap = new GapRecord(++this.#parts.acknowledgements.lastGap, start, true);
    this.gaps.push(gap);
    return gap;
  }

  /** A gap that ended without media, or has none any more. */
  forgetIfEmpty(gap: GapRecord): void {
    if (gap.parts.length > 0 || gap.isOpen) return;
    const index = this.gaps.indexOf(gap);
    if (index >= 0) this.gaps.splice(index, 1);
    this.#parts.acknowledgements.forget(gap.number);
  }

  /** Undefined where all of the gap is gone. */
  find({ number }: SpoolGap): GapRecord | undefined {
    return this.gaps.find((gap) => gap.number === number);
  }

  /**
   * Notes a place, and removes the segments before it. A disk that is full cannot keep the place: the
   * segments go first then, and those that are missing are as good as confirmed.
   */
  async acknowledge(gap: GapRecord, place: SpoolPlace): Promise<SpoolRemoval> {
    if (!isBefore(gap.acknowledged, place)) return await this.removeAcknowledged(gap);
    const { acknowledgements } = this.#parts;
    gap.acknowledged = place;
    acknowledgements.set(gap.number, place);
    const isSaved = await acknowledgements.save().then(
      () => true,
      () => false,
    );
    const removed = await this.removeAcknowledged(gap);
    if (!isSaved) await acknowledgements.save();
    return removed;
  }

  async removeAcknowledged(gap: GapRecord): Promise<SpoolRemoval> {
    return await this.#remove(
      gap,
      gap.parts.filter((part) => gap.isAcknowledged(part)),
    );
  }

  /** Removes the oldest segments that are whole, until so many bytes are free. */
  async expire(bytes: number): Promise<SpoolRemoval> {
    let removed = NOTHING_REMOVED;
    while (removed.bytes < bytes) {
      const gap = this.gaps.find(({ parts }) => parts[0]?.isFinished);
      if (gap === undefined) break;
      removed = together(removed, await this.#remove(gap, gap.parts.slice(0, 1)));
    }
    return removed;
  }

  /** Removes segments whose last tag came before this wall clock. */
  async expireBefore(wall: number): Promise<SpoolRemoval> {
    let removed = NOTHING_REMOVED;
    for (const gap of [...this.gaps]) {
      const old = gap.parts.filter(({ isFinished, end }) => isFinished && end < wall);
      removed = together(removed, await this.#remove(gap, old));
    }
    return removed;
  }

  async drop(gap: GapRecord): Promise<SpoolRemoval> {
    return await this.#remove(gap, [...gap.parts]);
  }

  /** Finds out what a disk that failed has kept of the segments that were being written. */
  async mend(): Promise<void> {
    const { io, folder } = this.#parts;
    for (const gap of [...this.gaps]) {
      for (const part of gap.parts.filter(({ file }) => file?.hasFailed)) {
        const name = { gap: gap.number, segment: part.number };
        let isRead = true;
        const loaded = await loadSegment(io, folder, name).catch(() => {
          isRead = false;
        });
        part.reset(loaded?.groups ?? [], loaded?.validBytes ?? 0);
        if (part.groups > 0) continue;
        gap.parts.splice(gap.parts.indexOf(part), 1);
        // A file that cannot be read or removed now is looked at again when the series is opened.
        if (isRead) await this.#removeFiles(gap, part.number).catch(() => {});
      }
      this.forgetIfEmpty(gap);
    }
  }

  /** The media goes first: an index without it is removed when the series is opened again. */
  async #remove(gap: GapRecord, parts: readonly PartRecord[]): Promise<SpoolRemoval> {
    if (parts.length === 0) return NOTHING_REMOVED;
    const { io, folder, settle } = this.#parts;
    let removed = NOTHING_REMOVED;
    for (const part of parts) {
      gap.parts.splice(gap.parts.indexOf(part), 1);
      removed = together(removed, part);
    }
    this.forgetIfEmpty(gap);
    await settle();
    for (const { number } of parts) await this.#removeFiles(gap, number);
    await io.syncFolder(folder);
    return removed;
  }

  async #removeFiles(gap: GapRecord, segment: number): Promise<void> {
    const { io, folder } = this.#parts;
    const { media, index } = segmentPaths(folder, { gap: gap.number, segment });
    await removeIfThere(io, media);
    await removeIfThere(io, index);
  }
}
