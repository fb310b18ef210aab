import { join } from 'node:path';
import { Acknowledgements } from './acknowledgements.js';
import { diskIo } from './disk-io.js';
import { FolderLock } from './folder-lock.js';
import { type GapDamage, verifyGap } from './gap-verification.js';
import { FIRST_PLACE, type SpoolPlace } from './group-entry.js';
import { GapReader, type ReadEnd, type SpoolGroup } from './group-reader.js';
import { segmentPaths } from './segment-loader.js';
import { readSeriesNames, type SeriesOwnerNames } from './series-name.js';
import { findGaps } from './series-recovery.js';
import { spoolFailed } from './spool-failed.js';
import type { GapRecord, PartRecord, SpoolGap } from './spool-gap.js';
import { removeIfThere } from './text-file.js';

/** A series as it lies in the folder of a spool. */
export interface ArchivedSeries {
  /** Name of its folder. */
  readonly name: string;
  /** Channel and destination; undefined where the file that names them is gone. */
  readonly names: SeriesOwnerNames | undefined;
  readonly gaps: readonly SpoolGap[];
}

/** A spool as tools see it: nothing is repaired, and a process may be writing at the same time. */
export class SpoolArchive {
  readonly folder: string;
  readonly series: readonly ArchivedSeries[];

  private constructor(folder: string, series: readonly ArchivedSeries[]) {
    this.folder = folder;
    this.series = series;
  }

  /**
   * Reads what is there.
   * @param folder an absolute path
   * @throws CloudPushError `ERR_CLOUDPUSH_SPOOL_FAILED` where the folder cannot be read
   */
  static async open(folder: string): Promise<SpoolArchive> {
    try {
      const series: ArchivedSeries[] = [];
      for (const name of (await diskIo.list(folder)).sort()) {
        const found = await openSeries(join(folder, name), name);
        if (found !== undefined) series.push(found);
      }
      return new SpoolArchive(folder, series);
    } catch (error) {
      throw spoolFailed(folder, error);
    }
  }

  /** Id of the process that writes to it now; undefined where none does. */
  async writer(): Promise<number | undefined> {
    return await FolderLock.ownerOf(this.folder);
  }

  /** Reads a gap, confirmed groups too unless `from` says otherwise. Groups that are damaged are left out. */
  read(
    { name }: ArchivedSeries,
    gap: SpoolGap,
    from: SpoolPlace = FIRST_PLACE,
  ): AsyncGenerator<SpoolGroup, ReadEnd> {
    const owner = {
      io: diskIo,
      folder: join(this.folder, name),
      flush: () => Promise.resolve(),
      onDamaged: () => {},
    };
    return new GapReader(owner, gap as GapRecord, from).groups();
  }

  /** Checks every byte of a gap. */
  verify({ name }: ArchivedSeries, gap: SpoolGap): Promise<GapDamage> {
    return verifyGap(diskIo, join(this.folder, name), gap);
  }

  /** Removes a gap. No process may have the spool, but for the one that has taken it for this. */
  async drop({ name }: ArchivedSeries, gap: SpoolGap): Promise<void> {
    const folder = join(this.folder, name);
    try {
      for (const { number } of gap.parts) {
        const { media, index } = segmentPaths(folder, { gap: gap.number, segment: number });
        await removeIfThere(diskIo, media);
        await removeIfThere(diskIo, index);
      }
      await diskIo.syncFolder(folder);
    } catch (error) {
      throw spoolFailed(folder, error);
    }
  }
}

/** Undefined where it is no folder, or holds nothing of a spool. */
async function openSeries(folder: string, name: string): Promise<ArchivedSeries | undefined> {
  try {
    const gaps = await findGaps(diskIo, folder, false);
    const names = await readSeriesNames(diskIo, folder);
    if (gaps.length === 0 && names === undefined) return undefined;
    const acknowledgements = new Acknowledgements(diskIo, folder);
    await acknowledgements.load();
    for (const gap of gaps) {
      gap.acknowledged = acknowledgements.get(gap.number) ?? FIRST_PLACE;
      // Its index alone is left of a segment that was being removed.
      const isLeftover = (part: PartRecord): boolean => part.bytes === 0 && gap.isAcknowledged(part);
      gap.parts.splice(0, gap.parts.length, ...gap.parts.filter((part) => !isLeftover(part)));
    }
    return { name, names, gaps: gaps.filter(({ parts }) => parts.length > 0) };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOTDIR' || code === 'ENOENT') return undefined;
    throw error;
  }
}
