import type { SpoolState } from '../../state.js';
import { spoolProgress } from '../../view/spool-progress.js';
import { bytes } from './text.js';

/** The content of a spool, as one says it: `behind by 4m, catching up, done in 3m (12.3 MB)`. */
export function spoolText(spool: SpoolState): string {
  if (spool.isOff) return 'off: the disk cannot be written';
  const progress = spoolProgress(spool);
  return progress === undefined ? 'nothing to be sent' : `${progress} (${bytes(spool.bytes)})`;
}
