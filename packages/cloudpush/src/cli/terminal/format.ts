import Table from 'cli-table3';
import { fitColumns, MIN_CELL } from './column-widths.js';
import { shownText } from './shown-text.js';

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

/**
 * A table for people; numbers stand on the right. No line of it is longer than a line of the terminal.
 * @param columns characters in a line of the terminal: a wider table gives up its padding, then the start of
 *   long texts, then columns, then the end of its lines
 * @param expendable heads of the columns that may be left out, the least important first
 */
export function table(
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
  columns = Number.POSITIVE_INFINITY,
  expendable: readonly string[] = [],
): string {
  const isNumber = head.map((_, column) => rows.every((row) => typeof row[column] === 'number'));
  // What is left of a URL would not be known as one: its secrets go before it is shortened.
  const cells = rows.map((row) =>
    row.map((cell) => (typeof cell === 'number' ? count(cell) : shownText(cell))),
  );
  const natural = head.map((title, column) =>
    Math.max(title.length, ...cells.map((row) => row[column]!.length)),
  );
  const { shown, widths, padding } = fitColumns(
    natural,
    isNumber.map((number) => !number),
    expendable.map((title) => head.indexOf(title)),
    columns,
  );
  const result = new Table({
    head: shown.map((column, i) => cutTo(head[column]!, widths[i]!)),
    colAligns: shown.map((column) => (isNumber[column]! ? 'right' : 'left')),
    style: { head: [], border: [], compact: true, 'padding-left': padding, 'padding-right': padding },
  });
  // Names differ at their ends.
  for (const row of cells) result.push(shown.map((column, i) => endOf(row[column]!, widths[i]!)));
  return result
    .toString()
    .split('\n')
    .map((line) => cutTo(line, columns))
    .join('\n');
}

function endOf(text: string, length: number): string {
  return text.length <= length ? text : `…${text.slice(text.length - length + 1)}`;
}

/** A line without what does not fit: the last character says that there was more. */
export function cutTo(line: string, columns: number): string {
  return line.length <= columns ? line : `${line.slice(0, Math.max(0, columns - 1))}…`;
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
