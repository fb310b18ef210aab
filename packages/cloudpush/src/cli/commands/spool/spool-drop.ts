import { SpoolLock } from '@cloudpush/engine/spool';
import { ExitCode, usageError } from '../../exit-code.js';
import { bytes, plural } from '../../terminal/format.js';
import type { Output } from '../../terminal/output.js';
import { plainGap } from './spool-list.js';
import { openArchive, type SelectedGap, type SpoolSelection, selectGaps } from './spool-selection.js';

/** The options of `cloudpush spool drop`, as the parser gives them. */
interface SpoolDropOptions extends SpoolSelection {
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** `cloudpush spool drop FOLDER`: never while a process spools there. */
export async function spoolDrop(folder: string, options: SpoolDropOptions, output: Output): Promise<number> {
  const { folder: path } = await openArchive(folder);
  const lock = await SpoolLock.acquire(path);
  try {
    const archive = await openArchive(path);
    const found = selectGaps(archive, options);
    if (options.yes !== true) throw usageError(`drop would remove ${sizeText(found)} for good; --yes does`);
    for (const { series, gap } of found) await archive.drop(series, gap);
    if (options.json === true) output.json({ dropped: found.map(plainGap) });
    else output.result(`removed ${sizeText(found)}`);
  } finally {
    await lock.release();
  }
  return ExitCode.ok;
}

function sizeText(gaps: readonly SelectedGap[]): string {
  const size = gaps.reduce((sum, { gap }) => sum + gap.bytes, 0);
  return `${plural(gaps.length, 'gap')}, ${bytes(size)}`;
}
