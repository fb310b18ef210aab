import { ExitCode } from '../../exit-code.js';
import { bytes, count, plural, table } from '../../terminal/format.js';
import type { Output } from '../../terminal/output.js';
import {
  isoTime,
  openArchive,
  type SelectedGap,
  type SpoolSelection,
  selectGaps,
} from './spool-selection.js';

/** The options of `cloudpush spool list`, as the parser gives them. */
interface SpoolListOptions extends SpoolSelection {
  readonly json?: boolean;
}

/** `cloudpush spool list FOLDER` */
export async function spoolList(folder: string, options: SpoolListOptions, output: Output): Promise<number> {
  const archive = await openArchive(folder);
  const gaps = selectGaps(archive, options);
  const writer = await archive.writer();
  if (options.json === true) {
    output.json({ folder: archive.folder, writer, gaps: gaps.map(plainGap) });
    return ExitCode.ok;
  }
  if (gaps.length > 0) output.result(gapTable(gaps, output.columns));
  output.result(summary(gaps));
  if (writer !== undefined) output.note(`process ${writer} is using it: what it is writing may be missing`);
  return ExitCode.ok;
}

function gapTable(gaps: readonly SelectedGap[], columns: number | undefined): string {
  const head = ['series', 'gap', 'from', 'to', 'media s', 'parts', 'size', 'confirmed'];
  const rows = gaps.map(({ series, gap }) => [
    series.name,
    gap.number,
    isoTime(gap.start),
    isoTime(gap.end),
    (gap.ms / 1000).toFixed(1),
    gap.parts.length,
    bytes(gap.bytes),
    confirmedText(gap.acknowledged),
  ]);
  return table(head, rows, columns, ['parts', 'media s', 'to', 'confirmed']);
}

function confirmedText({ segment, group }: { readonly segment: number; readonly group: number }): string {
  return segment === 0 ? 'nothing' : `to part ${segment}, group ${group}`;
}

function summary(gaps: readonly SelectedGap[]): string {
  const size = gaps.reduce((sum, { gap }) => sum + gap.bytes, 0);
  const seconds = gaps.reduce((sum, { gap }) => sum + gap.ms / 1000, 0);
  return `${plural(gaps.length, 'gap')}, ${count(seconds)} s of media, ${bytes(size)}`;
}

/** A gap for programs. */
export function plainGap({ series, gap }: SelectedGap): object {
  const { number, start, end, ms, acknowledged } = gap;
  return {
    series: series.name,
    channel: series.names?.channel,
    destination: series.names?.destination,
    gap: number,
    start: isoTime(start),
    end: isoTime(end),
    mediaMs: ms,
    bytes: gap.bytes,
    acknowledged,
    parts: gap.parts.map((part) => ({
      part: part.number,
      start: isoTime(part.start),
      end: isoTime(part.end),
      mediaMs: part.ms,
      groups: part.groups,
      bytes: part.bytes,
    })),
  };
}
