import type { SpoolState } from '../../state.js';
import { shortDuration } from '../../view/duration.js';
import { bytes } from './text.js';

/** The content of a spool, as one says it: `behind by 4m, catching up, done in 3m (12.3 MB)`. */
export function spoolText({ behindMs, doneInMs, bytes: held, backfillRate, isOff }: SpoolState): string {
  if (isOff) return 'off: the disk cannot be written';
  if (behindMs === 0) return 'nothing to be sent';
  const pace = backfillRate > 0 ? ', catching up' : '';
  const end = doneInMs === undefined ? '' : `, done in ${shortDuration(doneInMs)}`;
  return `behind by ${shortDuration(behindMs)}${pace}${end} (${bytes(held)})`;
}
