import type { StreamedState } from '../../http/state-feed.js';
import type { ChannelStatus } from '../../state.js';
import type { ChannelRow } from '../../view/channel-rows.js';
import { percent } from './text.js';

/** The states, as the top line lists them. */
export const countedStates: readonly ChannelStatus[] = [
  'online',
  'degraded',
  'offline',
  'starting',
  'disabled',
];

/** The gateway as a whole. */
export interface Totals {
  readonly counts: Readonly<Record<ChannelStatus, number>>;
  /** Bits a second. */
  readonly bitRateIn: number;
  readonly bitRateOut: number;
  /** Percent of the pool that is in use. */
  readonly poolUse: number;
  /** Media on disk, of all destinations; undefined: none of them has a spool. */
  readonly spool: { readonly bytes: number; readonly isOff: boolean } | undefined;
}

/** Adds up what the rows of all channels say. */
export function totalsOf({ engine, channels }: StreamedState, rows: readonly ChannelRow[]): Totals {
  const counts: Record<ChannelStatus, number> = {
    online: 0,
    degraded: 0,
    offline: 0,
    starting: 0,
    disabled: 0,
  };
  let bitRateIn = 0;
  let bitRateOut = 0;
  for (const { state, rates } of rows) {
    counts[state]++;
    bitRateIn += rates.bitRateIn;
    bitRateOut += rates.bitRateOut;
  }
  const poolUse = percent(engine.poolBytesInUse, engine.poolSize);
  return { counts, bitRateIn, bitRateOut, poolUse, spool: spoolOf(channels) };
}

function spoolOf(channels: StreamedState['channels']): Totals['spool'] {
  const spools = Object.values(channels)
    .flatMap(({ destinations }) => Object.values(destinations))
    .flatMap(({ spool }) => spool ?? []);
  if (spools.length === 0) return undefined;
  return {
    bytes: spools.reduce((sum, { bytes }) => sum + bytes, 0),
    isOff: spools.some(({ isOff }) => isOff),
  };
}
