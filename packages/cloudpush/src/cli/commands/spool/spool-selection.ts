import { readdir, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type ArchivedSeries, SpoolArchive, type SpoolGap } from '@cloudpush/engine/spool';
import { usageError } from '../../exit-code.js';

/** The options that choose among gaps, as the parser gives them. */
export interface SpoolSelection {
  readonly series?: string;
  readonly gap?: number;
}

/** A gap of a series. */
export interface SelectedGap {
  readonly series: ArchivedSeries;
  readonly gap: SpoolGap;
}

/** @throws CommandError where there is no such folder, or no spool in it; CloudPushError where it cannot be read */
export async function openArchive(folder: string): Promise<SpoolArchive> {
  const path = resolve(folder);
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder) throw usageError(`${folder}: there is no such folder`);
  const archive = await SpoolArchive.open(path);
  if (archive.series.length === 0) await requireNothingElse(path, folder);
  return archive;
}

/** A folder of other things is not a spool without a gap. */
async function requireNothingElse(path: string, folder: string): Promise<void> {
  const others = (await readdir(path)).filter((name) => !name.startsWith('lock'));
  if (others.length === 0) return;
  throw usageError(`${folder}: this is no spool: there is no series in it, but ${others.sort()[0]}, for one`);
}

/**
 * The gaps that are meant, series by series.
 * @throws CommandError where a name or a number is given that is not there
 */
export function selectGaps(
  archive: SpoolArchive,
  { series: name, gap: number }: SpoolSelection,
): SelectedGap[] {
  const series = archive.series.filter((each) => name === undefined || each.name === name);
  if (name !== undefined && series.length === 0) {
    const names = archive.series.map((each) => each.name).join(', ');
    throw usageError(
      `--series ${name}: there is no such series; there are: ${names === '' ? 'none' : names}`,
    );
  }
  const gaps = series.flatMap((each) => each.gaps.map((gap) => ({ series: each, gap })));
  const selected = gaps.filter(({ gap }) => number === undefined || gap.number === number);
  if (number !== undefined && selected.length === 0)
    throw usageError(`--gap ${number}: there is no such gap`);
  return selected;
}

/** ISO 8601, in UTC. */
export function isoTime(wall: number): string {
  return new Date(wall).toISOString();
}
