import { count } from '../../terminal/format.js';

/** State of a benchmark. */
export interface BenchRow {
  /** ms since the beginning. */
  readonly elapsed: number;
  /** Channels that have begun. */
  readonly begun: number;
  /** Channels that have been published, for a while at least. */
  readonly connected: number;
  /** Channels that are being published now. */
  readonly publishing: number;
  /** Channels that have ended before their time. */
  readonly failed: number;
  /** Over the last second. */
  readonly mbitPerSecond: number;
  /** Frames, since the beginning. */
  readonly dropped: number;
  /** The longest queue of all channels, in ms of media. */
  readonly queueMs: number;
  /** From `send…` to the kernel, since the beginning, in ms. */
  readonly p50: number;
  readonly p99: number;
}

/** The names of the columns; each is as wide as its name. */
const COLUMNS = [
  '     s',
  '    connected',
  'publishing',
  'failed',
  '  Mbit/s',
  'dropped',
  'queue ms',
  'p50 ms',
  'p99 ms',
];

/** The line above the rows. */
export const HEAD = COLUMNS.join(' ');

/** A row of the table: 78 characters, unless a number is larger than its column. */
export function rowText(row: BenchRow): string {
  const cells = [
    (row.elapsed / 1000).toFixed(1),
    `${count(row.connected)}/${count(row.begun)}`,
    count(row.publishing),
    count(row.failed),
    row.mbitPerSecond.toFixed(1),
    count(row.dropped),
    count(row.queueMs),
    row.p50.toFixed(2),
    row.p99.toFixed(2),
  ];
  return cells.map((cell, index) => cell.padStart(COLUMNS[index]!.length)).join(' ');
}
