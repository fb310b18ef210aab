import type { GapDamage } from '@cloudpush/engine/spool';
import { ExitCode } from '../../exit-code.js';
import type { Interruption } from '../../interruption.js';
import { bytes, plural, table } from '../../terminal/format.js';
import type { Output } from '../../terminal/output.js';
import { openArchive, type SelectedGap, type SpoolSelection, selectGaps } from './spool-selection.js';

/** The options of `cloudpush spool verify`, as the parser gives them. */
interface SpoolVerifyOptions extends SpoolSelection {
  readonly json?: boolean;
}

interface VerifiedGap extends SelectedGap {
  readonly damage: GapDamage;
}

/**
 * `cloudpush spool verify FOLDER`: 1 where a group or a header is not what was written, or is not there. Remains of a write
 * that was cut off are no damage: they are taken away when the spool is used again.
 */
export async function spoolVerify(
  folder: string,
  options: SpoolVerifyOptions,
  output: Output,
  interruption: Interruption,
): Promise<number> {
  const archive = await openArchive(folder);
  const verified: VerifiedGap[] = [];
  for (const selected of selectGaps(archive, options)) {
    if (interruption.exitCode !== undefined) return interruption.exitCode;
    verified.push({ ...selected, damage: await archive.verify(selected.series, selected.gap) });
  }
  const isIntact = verified.every(({ damage }) => isWhole(damage));
  if (options.json === true)
    output.json({ folder: archive.folder, intact: isIntact, gaps: verified.map(plain) });
  else output.result(reportText(verified, isIntact, output.columns));
  return isIntact ? ExitCode.ok : ExitCode.failure;
}

function isWhole({ damagedGroups, missingGroups, damagedHeaders }: GapDamage): boolean {
  return damagedGroups + missingGroups + damagedHeaders === 0;
}

function plain({ series, gap, damage }: VerifiedGap): object {
  return { series: series.name, gap: gap.number, intact: isWhole(damage), ...damage };
}

function reportText(
  verified: readonly VerifiedGap[],
  isIntact: boolean,
  columns: number | undefined,
): string {
  const verdict = isIntact ? `${plural(verified.length, 'gap')}: everything is as it was written` : 'damaged';
  if (verified.length === 0) return verdict;
  const head = [
    'series',
    'gap',
    'groups',
    'tags',
    'damaged groups',
    'missing groups',
    'damaged headers',
    'cut off',
  ];
  const rows = verified.map(({ series, gap, damage }) => [
    series.name,
    gap.number,
    damage.groups,
    damage.tags,
    damage.damagedGroups,
    damage.missingGroups,
    damage.damagedHeaders,
    bytes(damage.cutBytes),
  ]);
  return `${table(head, rows, columns, ['tags', 'groups', 'cut off'])}\n${verdict}`;
}
