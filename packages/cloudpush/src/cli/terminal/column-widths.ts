/** Columns of a table, as wide as they are shown. */
export interface FittedColumns {
  /** Those that are shown, by their number in the table, in order. */
  readonly shown: readonly number[];
  /** Characters of each of them, without padding. */
  readonly widths: readonly number[];
  /** Characters on each side of a cell. */
  readonly padding: 0 | 1;
}

/** Columns of texts are shortened, but not below this many characters. */
export const MIN_CELL = 8;

/**
 * Makes a table fit a line. It gives up its padding, then the widest of its texts, then a column after the
 * other; what is too wide even so has to be cut.
 * @param widths characters of each column
 * @param isText whether a column may be shortened: a number may not
 * @param expendable columns that may be left out, the first one first
 * @param columns characters in a line
 */
export function fitColumns(
  widths: readonly number[],
  isText: readonly boolean[],
  expendable: readonly number[],
  columns: number,
): FittedColumns {
  const left = new Set(widths.keys());
  const candidates = [...expendable];
  while (true) {
    const shown = [...left];
    const wanted = shown.map((column) => widths[column]!);
    if (lineOf(wanted, 1) <= columns) return { shown, widths: wanted, padding: 1 };
    const least = shown.map((column) =>
      isText[column]! ? Math.min(widths[column]!, MIN_CELL) : widths[column]!,
    );
    const dropped = lineOf(least, 0) <= columns ? undefined : candidates.shift();
    if (dropped === undefined) {
      return { shown, widths: shortened(wanted, least, lineOf(wanted, 0) - columns), padding: 0 };
    }
    left.delete(dropped);
  }
}

/** Characters of a line with its borders. */
function lineOf(widths: readonly number[], padding: 0 | 1): number {
  return widths.reduce((sum, width) => sum + width + 2 * padding + 1, 1);
}

/** The widths less `excess` characters, taken from the widest column first. */
function shortened(widths: readonly number[], least: readonly number[], excess: number): number[] {
  const result = [...widths];
  for (let rest = excess; rest > 0; rest--) {
    const widest = Math.max(-1, ...result.filter((width, i) => width > least[i]!));
    if (widest < 0) break;
    result[result.findIndex((width, i) => width === widest && width > least[i]!)]!--;
  }
  return result;
}
