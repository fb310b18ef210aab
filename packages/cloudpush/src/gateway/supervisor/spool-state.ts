import type { SpoolStats } from '@cloudpush/engine';
import type { SpoolState } from '../state.js';

/** The content of a destination's disk spool, as the gateway shows it. */
export function spoolStateOf(stats: SpoolStats | undefined): SpoolState | undefined {
  if (stats === undefined) return undefined;
  const { behindMs, doneInMs, bytes, gaps, backfillRate, state } = stats;
  return { behindMs, doneInMs, bytes, gaps, backfillRate, isOff: state === 'off' };
}
