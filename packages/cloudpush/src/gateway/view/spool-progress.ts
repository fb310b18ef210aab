import type { SpoolState } from '../state.js';
import { shortDuration } from './duration.js';

/** How far what is on disk leaves its stream behind: `behind by 4m, catching up, done in 3m`; undefined: not at all. */
export function spoolProgress({ behindMs, doneInMs, backfillRate }: SpoolState): string | undefined {
  if (behindMs === 0) return undefined;
  const pace = backfillRate > 0 ? ', catching up' : '';
  const end = doneInMs === undefined ? '' : `, done in ${shortDuration(doneInMs)}`;
  return `behind by ${shortDuration(behindMs)}${pace}${end}`;
}
