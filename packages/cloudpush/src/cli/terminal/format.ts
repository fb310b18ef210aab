import Table from 'cli-table3';

/** 12,345 */
export function count(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 0 });
}

/** Bytes in the unit that suits them: 12.3 MB (powers of 1000, as rates are). */
export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, value)) / 3)));
  return `${(value / 1000 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}

/** Bytes in a time, as Mbit/s. */
export function megabitsPerSecond(byteCount: number, ms: number): number {
  return ms > 0 ? (byteCount * 8) / ms / 1000 : 0;
}

/** 1 channel, 2 channels */
export function plural(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`;
}

/** Numbers with a few digits only: what JSON summaries hold. */
export function rounded(value: number, digits = 3): number {
  return Number(value.toFixed(digits));
}

/** Text cells of a table that is too wide are shortened, but not below this many characters. */
const MIN_CELL = 8;

/**
 * A table for people; numbers stand on the right.
 * @param columns characters in a line of the terminal: a wider table gives up its padding, then the start of
 *   long texts.
 */
export function table(
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
  columns = Number.POSITIVE_INFINITY,
): string {
  const isNumber = head.map((_, column) => rows.every((row) => typeof row[column] === 'number'));
  const cells = rows.map((row) => row.map((cell) => (typeof cell === 'number' ? count(cell) : cell)));
  const widths = head.map((title, column) =>
    Math.max(title.length, ...cells.map((row) => row[column]!.length)),
  );
  const content = widths.reduce((sum, width) => sum + width, 0);
  const borders = head.length + 1;
  const padding = content + borders + 2 * head.length <= columns ? 1 : 0;
  const widest = widths.indexOf(Math.max(...widths));
  const room = Math.max(MIN_CELL, widths[widest]! - Math.max(0, content + borders - columns));
  const result = new Table({
    head: [...head],
    colAligns: isNumber.map((right) => (right ? 'right' : 'left')),
    style: { head: [], border: [], compact: true, 'padding-left': padding, 'padding-right': padding },
  });
  for (const row of cells) {
    // Names differ at their ends.
    result.push(padding === 1 ? row : row.map((cell, i) => (i === widest ? endOf(cell, room) : cell)));
  }
  return result.toString();
}

function endOf(text: string, length: number): string {
  return text.length <= length ? text : `…${text.slice(text.length - length + 1)}`;
}

/**
 * A table of facts: a name and a value a row; a value that does not fit the terminal goes on in the next
 * line.
 */
export function facts(
  rows: readonly (readonly [string, string])[],
  columns = Number.POSITIVE_INFINITY,
): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  const room = Math.max(MIN_CELL, columns - width - 4);
  const indent = `\n${' '.repeat(width + 4)}`;
  return rows
    .map(([name, value]) => `  ${name.padEnd(width)}  ${linesOf(value, room).join(indent)}`)
    .join('\n');
}

/** Text in lines of at most `room` characters, as far as its words allow. */
function linesOf(text: string, room: number): string[] {
  if (text.length <= room) return [text];
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > room) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
