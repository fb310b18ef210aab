import { errorFields, type LogLine } from '../../logging/log-lines.js';
import type { GapOutcome, GapReport } from '../../protocol/spool-messages.js';

/** The line of the log for each thing that happens to a gap. */
export const gapLines = {
  opened: 'gapOpened',
  sent: 'gapSent',
  kept: 'gapKept',
  expired: 'gapExpired',
  lost: 'gapLost',
} as const satisfies Record<GapOutcome, LogLine>;

/** The fields of such a line. */
export function gapFields({ start, end, bytes, ms, error }: GapReport): object {
  return {
    start: new Date(start).toISOString(),
    ...(end === undefined ? {} : { end: new Date(end).toISOString() }),
    bytes,
    ms,
    ...errorFields(error),
  };
}
