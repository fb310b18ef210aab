import { mkdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { GapFileWriter, type SpoolArchive } from '@cloudpush/engine/spool';
import { CommandError, ExitCode, usageError } from '../../exit-code.js';
import type { Interruption } from '../../interruption.js';
import { bytes, plural } from '../../terminal/format.js';
import type { Output } from '../../terminal/output.js';
import { NewFile } from '../decrypt/new-file.js';
import {
  isoTime,
  openArchive,
  type SelectedGap,
  type SpoolSelection,
  selectGaps,
} from './spool-selection.js';

/** The options of `cloudpush spool export`, as the parser gives them. */
interface SpoolExportOptions extends SpoolSelection {
  readonly joined?: boolean;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** A file that was made. */
interface ExportedFile {
  readonly file: string;
  readonly gaps: number;
  readonly groups: number;
  readonly damagedGroups: number;
  readonly bytes: number;
}

/** `cloudpush spool export FOLDER TARGET`: 1 where groups had to be left out because they are damaged. */
export async function spoolExport(
  { folder, target }: { readonly folder: string; readonly target: string },
  options: SpoolExportOptions,
  output: Output,
  interruption: Interruption,
): Promise<number> {
  const archive = await openArchive(folder);
  const files = filesOf(selectGaps(archive, options), options.joined === true);
  const path = resolve(target);
  await makeTarget(path);
  const exported: ExportedFile[] = [];
  for (const gaps of files) {
    if (interruption.exitCode !== undefined) return interruption.exitCode;
    const file = await exportFile(archive, gaps, path, options.force === true);
    exported.push(file);
    if (options.json !== true) output.result(fileText(file));
  }
  if (options.json === true) output.json({ files: exported });
  else output.result(plural(exported.length, 'file'));
  return exported.some(({ damagedGroups }) => damagedGroups > 0) ? ExitCode.failure : ExitCode.ok;
}

/** The gaps of each file. */
function filesOf(gaps: readonly SelectedGap[], joined: boolean): SelectedGap[][] {
  if (!joined) return gaps.map((gap) => [gap]);
  const bySeries = new Map<string, SelectedGap[]>();
  for (const gap of gaps) bySeries.set(gap.series.name, [...(bySeries.get(gap.series.name) ?? []), gap]);
  return [...bySeries.values()];
}

async function makeTarget(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    throw new CommandError(`${path}: the folder cannot be made (${code})`, ExitCode.failure, { cause });
  }
}

async function exportFile(
  archive: SpoolArchive,
  gaps: readonly SelectedGap[],
  target: string,
  force: boolean,
): Promise<ExportedFile> {
  const { series, gap: first } = gaps[0]!;
  const last = gaps.at(-1)!.gap;
  const path = join(target, `${series.name}_${compactTime(first.start)}.flv`);
  if (!force && (await isThere(path))) throw usageError(`${path} exists; --force replaces it`);
  const gapOf = series.names?.channel ?? series.name;
  const writer = new GapFileWriter({ gapOf, gapStart: first.start, gapEnd: last.end, gapPart: 1 });
  await using file = await NewFile.create(path, force);
  let groups = 0;
  let damagedGroups = 0;
  let size = 0;
  for (const { gap } of gaps) {
    let expected = gap.parts.reduce((sum, part) => sum + part.groups, 0);
    for await (const group of archive.read(series, gap)) {
      for (const part of writer.group(group)) {
        await file.write(part);
        size += part.length;
      }
      groups++;
      expected--;
    }
    damagedGroups += expected;
  }
  await file.keep();
  return { file: path, gaps: gaps.length, groups, damagedGroups, bytes: size };
}

async function isThere(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}

function fileText({ file, groups, damagedGroups, bytes: size }: ExportedFile): string {
  const damage = damagedGroups === 0 ? '' : `, ${plural(damagedGroups, 'damaged group')} left out`;
  return `${file}: ${plural(groups, 'group')}, ${bytes(size)}${damage}`;
}

/** 20261122T113005.007Z */
function compactTime(wall: number): string {
  return isoTime(wall).replace(/[-:]/g, '');
}
