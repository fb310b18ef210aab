import type { DestinationStats, DestinationTotals as EngineTotals } from '@cloudpush/engine';

const NAMES = [
  'bytesSent',
  'videoFrames',
  'audioFrames',
  'dataMessages',
  'droppedDisposable',
  'droppedPictures',
  'droppedUndecodable',
  'droppedAudio',
  'lostPictures',
  'lostAudio',
  'reconnects',
  'moves',
] as const satisfies readonly (keyof EngineTotals)[];

/** Counts of a destination that only grow. */
export type DestinationTotals = Readonly<Record<(typeof NAMES)[number], number>>;

export const NO_TOTALS = Object.fromEntries(NAMES.map((name) => [name, 0])) as DestinationTotals;

export function totalsOf(stats: DestinationStats): DestinationTotals {
  const totals = { ...NO_TOTALS } as Record<keyof DestinationTotals, number>;
  for (const name of NAMES) totals[name] = stats[name];
  return totals;
}

export function addTotals(a: DestinationTotals, b: DestinationTotals): DestinationTotals {
  const sum = { ...a } as Record<keyof DestinationTotals, number>;
  for (const name of NAMES) sum[name] += b[name];
  return sum;
}
