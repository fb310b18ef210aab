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
}

/** Adds up what the rows of all channels say. */
export function totalsOf({ engine }: StreamedState, rows: readonly ChannelRow[]): Totals {
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
  return { counts, bitRateIn, bitRateOut, poolUse: percent(engine.poolBytesInUse, engine.poolSize) };
}
