import type { StreamedState } from '../../../gateway/http/state-feed.js';
import type { ChannelStatus } from '../../../gateway/state.js';
import { type ChannelRow, channelRows } from '../../../gateway/view/channel-rows.js';
import { shortDuration } from '../../../gateway/view/duration.js';
import type { GatewayView } from '../../../gateway/view/gateway-view.js';
import { bytes, count, cutTo, table } from '../../terminal/format.js';
import { shownText } from '../../terminal/shown-text.js';

/** The column of drops has a name that follows from how long they were counted. */
const headOf = (drops: string) => [
  'channel',
  'state',
  'for',
  'source',
  'destinations',
  'in kbit/s',
  'out kbit/s',
  'fps',
  'queue',
  drops,
  'reconnects',
];

/** Columns that a narrow terminal does without, the least important first. */
const expendable = (drops: string) => [
  'reconnects',
  'fps',
  'in kbit/s',
  'for',
  'source',
  drops,
  'queue',
  'out kbit/s',
  'destinations',
];

/** Lines of a table that hold no row: its borders and its head. */
const FRAME_LINES = 4;

/**
 * The state of a gateway for people: a line of totals, a table with what is wrong first, and the errors of
 * the channels shown.
 * @param columns characters in a line; none is longer
 * @param lines at most so many; channels that are left out are counted in the last line
 */
export function topText(
  view: GatewayView,
  columns = Number.POSITIVE_INFINITY,
  lines = Number.POSITIVE_INFINITY,
): string {
  const { state } = view;
  if (state === undefined) return 'waiting for the gateway';
  const rows = channelRows(view);
  const drops = dropsName(view.dropsWindow);
  const head = [totalsLine(state, rows, drops, columns), ...warnings(state)];
  const room = Math.max(1, Math.floor((lines - head.length - FRAME_LINES - 1) / 2));
  const shown = fitting(rows, room, lines - head.length - FRAME_LINES - 1);
  const hidden = rows.length - shown.length;
  return [
    ...head,
    ...table(headOf(drops), shown.map(cells), columns, expendable(drops)).split('\n'),
    ...shown.flatMap(errorLine),
    ...(hidden > 0 ? [`… and ${count(hidden)} more`] : []),
  ]
    .slice(0, lines)
    .map((line) => cutTo(line, columns))
    .join('\n');
}

/** As many rows as fit, each with the line of its error. */
function fitting(rows: readonly ChannelRow[], least: number, lines: number): readonly ChannelRow[] {
  let taken = 0;
  let used = 0;
  for (const row of rows) {
    used += row.error === undefined ? 1 : 2;
    if (used > lines && taken >= least) break;
    taken++;
  }
  return rows.slice(0, taken);
}

/** `drops/min`, or `drops/2s` where the view is so young. */
function dropsName(window: number): string {
  return `drops/${window < 60_000 ? `${Math.max(1, Math.round(window / 1000))}s` : 'min'}`;
}

/** The totals, as many as fit in a line. */
function totalsLine(
  { version, engine }: StreamedState,
  rows: readonly ChannelRow[],
  drops: string,
  columns: number,
): string {
  const counts = new Map<ChannelStatus, number>();
  for (const { state } of rows) counts.set(state, (counts.get(state) ?? 0) + 1);
  const states = (['online', 'degraded', 'offline', 'starting', 'disabled'] as const)
    .filter((state) => counts.has(state))
    .map((state) => `${count(counts.get(state)!)} ${state}`);
  const sum = (value: (row: ChannelRow) => number) => rows.reduce((total, row) => total + value(row), 0);
  const rate = (bitsPerSecond: number) => `${(bitsPerSecond / 1e6).toFixed(1)} Mbit/s`;
  const parts = [
    `cloudpush ${version}`,
    states.join(', ') || 'no channels',
    `${rate(sum(({ rates }) => rates.bitRateIn))} in`,
    `${rate(sum(({ rates }) => rates.bitRateOut))} out`,
    `${count(sum(({ rates }) => rates.dropsPerMinute))} ${drops}`,
    `pool ${Math.round((engine.poolBytesInUse / engine.poolSize) * 100)} %`,
  ];
  const left = new Set(parts.keys());
  const line = () => [...left].map((part) => parts[part]!).join(' | ');
  for (const part of LEAST_TOTALS) if (line().length > columns) left.delete(part);
  return line();
}

/** The totals that a narrow terminal does without, by their place, the least important first. */
const LEAST_TOTALS = [0, 2, 5, 3, 4];

function warnings({ ready, configuration }: StreamedState): string[] {
  const { file, faults, lastReload, restartNeeded } = configuration;
  return [
    ...(ready ? [] : ['the gateway is starting or stopping']),
    ...(lastReload.successful
      ? []
      : [`${file} is at fault (${faults.length}): the configuration before it is in force`]),
    ...(restartNeeded.length === 0 ? [] : [`a restart is needed for ${restartNeeded.join(', ')}`]),
  ];
}

function cells(row: ChannelRow): (string | number)[] {
  const { name, node, state, age, source, destinations, rates, queuedBytes, reconnects } = row;
  return [
    node === undefined ? name : `${name} (${node})`,
    state,
    shortDuration(age),
    source,
    destinations.join(', '),
    Math.round(rates.bitRateIn / 1000),
    Math.round(rates.bitRateOut / 1000),
    Math.round(rates.frameRate),
    bytes(queuedBytes),
    rates.dropsPerMinute,
    reconnects,
  ];
}

function errorLine({ name, error, nextRetryIn }: ChannelRow): string[] {
  if (error === undefined) return [];
  const retry = nextRetryIn === undefined ? '' : ` (next attempt in ${shortDuration(nextRetryIn)})`;
  return [shownText(`${name}: ${error.message.replace(/\s+/g, ' ')}${retry}`)];
}
