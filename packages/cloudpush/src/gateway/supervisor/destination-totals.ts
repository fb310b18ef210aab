import type { DestinationStats, DestinationTotals as EngineTotals, SpoolStats } from '@cloudpush/engine';

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

/** Counts of the disk spool, by their names here. */
const SPOOL = {
  spooledBytes: 'spooledBytes',
  spooledMs: 'spooledMs',
  spoolSentBytes: 'sentBytes',
  spoolSentMs: 'sentMs',
  spoolExpiredBytes: 'expiredBytes',
  spoolExpiredMs: 'expiredMs',
  spoolLostBytes: 'lostBytes',
} as const satisfies Record<string, keyof SpoolStats>;

type Name = (typeof NAMES)[number] | keyof typeof SPOOL;
const ALL = [...NAMES, ...(Object.keys(SPOOL) as (keyof typeof SPOOL)[])];

/** Counts of a destination that only grow. */
export type DestinationTotals = Readonly<Record<Name, number>>;

export const NO_TOTALS = Object.fromEntries(ALL.map((name) => [name, 0])) as DestinationTotals;

export function totalsOf(stats: DestinationStats): DestinationTotals {
  const totals = { ...NO_TOTALS } as Record<keyof DestinationTotals, number>;
  for (const name of NAMES) totals[name] = stats[name];
  const { spool } = stats;
  if (spool !== undefined)
    for (const [name, theirs] of Object.entries(SPOOL)) totals[name as keyof typeof SPOOL] = spool[theirs];
  return totals;
}

export function addTotals(a: DestinationTotals, b: DestinationTotals): DestinationTotals {
  const sum = { ...a } as Record<keyof DestinationTotals, number>;
  for (const name of ALL) sum[name] += b[name];
  return sum;
}
