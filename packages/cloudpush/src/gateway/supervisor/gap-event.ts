import type { SpoolGap } from '@cloudpush/engine';
import type { EventFields } from '../gateway-event.js';

const kinds = {
  opened: ['gapOpened', 'warn'],
  sent: ['gapSent', 'info'],
  kept: ['gapKept', 'info'],
  expired: ['gapExpired', 'warn'],
  lost: ['gapLost', 'error'],
} as const satisfies Record<SpoolGap['outcome'], [EventFields['type'], EventFields['level']]>;

/** A line of the event log about a gap that the disk spool keeps. */
export function gapEvent(
  destination: string,
  { outcome, start, ms, bytes, error, streamName }: SpoolGap,
): Pick<EventFields, 'type' | 'level' | 'message'> {
  const [type, level] = kinds[outcome];
  const from = start.toISOString();
  const gap = `the gap from ${from} on (${Math.round(ms / 1000)} s, ${bytes} bytes)`;
  const texts = {
    opened: `media goes to disk from ${from} on`,
    sent: `${gap} was sent as ${streamName}`,
    kept: `${gap} stays on disk`,
    expired: `${gap} was removed from disk before it was sent`,
    lost: `${gap} is lost: ${error?.message}`,
  };
  return { type, level, message: `${destination}: ${texts[outcome]}` };
}
