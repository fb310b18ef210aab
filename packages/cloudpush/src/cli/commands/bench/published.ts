import type { ChannelOutcome } from '../push/channel-run.js';

/**
 * Tells whether a channel was published to the end of its media on one connection, which ended cleanly.
 * Attempts that had failed before do not matter, nor do frames that were dropped on the way.
 */
export function publishedToEnd({ connected, clean, ending, destinations }: ChannelOutcome): boolean {
  const toTheEnd = ending === 'limit' || ending === 'source';
  return connected && clean && toTheEnd && destinations.every(({ losses }) => losses === 0);
}

/** Tells whether a channel was ended, or given up, because the user wanted the end. */
export function wasStopped({ ending, clean, error }: ChannelOutcome): boolean {
  // Only the user's wish ends one cleanly that was not fed.
  if (clean) return ending === 'stopped' || ending === undefined;
  return ending === undefined && error?.code === 'ERR_CLOUDPUSH_CHANNEL_CLOSED';
}
