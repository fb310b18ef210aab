import { join } from 'node:path';
import { segmentPaths } from './segment-loader.js';
import { findGaps } from './series-recovery.js';
import type { GapRecord } from './spool-gap.js';
import type { SpoolIo } from './spool-io.js';
import { removeIfThere } from './text-file.js';

/**
 * A series that no destination has opened: its media counts within the bounds of the spool, and goes by them.
 */
export class ClosedSeries {
  readonly #io: SpoolIo;
  readonly #folder: string;
  readonly #gaps: readonly GapRecord[];
  readonly #isOpen: () => boolean;

  private constructor(io: SpoolIo, folder: string, gaps: readonly GapRecord[], isOpen: () => boolean) {
    this.#io = io;
    this.#folder = folder;
    this.#gaps = gaps;
    this.#isOpen = isOpen;
  }

  /**
   * @param isOpen a destination has opened it meanwhile
   * @throws the system's error
   */
  static async open(io: SpoolIo, folder: string, isOpen: () => boolean): Promise<ClosedSeries> {
    return new ClosedSeries(io, folder, await findGaps(io, folder, false), isOpen);
  }

  get spooledBytes(): number {
    return this.#gaps.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /**
   * Removes the oldest segments, so many bytes, and those whose last tag came before a wall clock, ms since
   * 1970; none once a destination has opened the series.
   * @throws the system's error
   */
  async expireSpool(bytes: number, before: number): Promise<void> {
    let left = bytes;
    for (const gap of this.#gaps)
      for (const part of [...gap.parts]) {
        if (this.#isOpen()) return;
        if (left <= 0 && part.end >= before) continue;
        const paths = segmentPaths(this.#folder, { gap: gap.number, segment: part.number });
        await removeIfThere(this.#io, paths.media);
        await removeIfThere(this.#io, paths.index);
        const index = gap.parts.indexOf(part);
        if (index >= 0) gap.parts.splice(index, 1);
        left -= part.bytes;
      }
  }
}

/** The series of a spool that no destination has opened. */
export class ClosedSeriesSet {
  readonly #io: SpoolIo;
  readonly #folder: string;
  readonly #openNames: () => ReadonlySet<string>;
  readonly #series = new Map<string, ClosedSeries>();

  /**
   * @param folder that of the spool
   * @param openNames names of the folders of those that destinations have open
   */
  constructor(io: SpoolIo, folder: string, openNames: () => ReadonlySet<string>) {
    this.#io = io;
    this.#folder = folder;
    this.#openNames = openNames;
  }

  get all(): Iterable<ClosedSeries> {
    return this.#series.values();
  }

  /** Leaves out those that a destination has opened. */
  forgetOpen(): void {
    if (this.#series.size === 0) return;
    for (const name of this.#openNames()) this.#series.delete(name);
  }

  /**
   * Looks which there are.
   * @throws the system's error
   */
  async update(): Promise<void> {
    const open = this.#openNames();
    const names = (await this.#io.list(this.#folder)).filter((name) => !open.has(name));
    for (const name of this.#series.keys()) if (!names.includes(name)) this.#series.delete(name);
    for (const name of names) {
      if (this.#series.has(name)) continue;
      // The lock is a file.
      const isOpen = () => this.#openNames().has(name);
      const series = await ClosedSeries.open(this.#io, join(this.#folder, name), isOpen).catch(
        () => undefined,
      );
      if (series !== undefined) this.#series.set(name, series);
    }
  }
}
