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

/** What is counted of a destination and only grows. */
export type DestinationTotals = Readonly<Record<(typeof NAMES)[number], number>>;

export const NO_TOTALS = Object.fromEntries(NAMES.map((name) => [name, 0])) as DestinationTotals;

export function totalsOf(stats: DestinationStats): DestinationTotals {
  return Object.fromEntries(NAMES.map((name) => [name, stats[name]])) as DestinationTotals;
}

export function addTotals(a: DestinationTotals, b: DestinationTotals): DestinationTotals {
  return Object.fromEntries(NAMES.map((name) => [name, a[name] + b[name]])) as DestinationTotals;
}
