import type { StreamedChannel } from '../../http/state-feed.js';
import type { Retry } from './causes.js';

/**
 * Finds what of a channel waits for its next attempt, or has been given up. With its source away nothing
 * else helps: all of it is connected anew.
 */
export function retriesOf({ name, state, source, destinations }: StreamedChannel): Retry[] {
  if (state === 'disabled') return [];
  if (source.nextRetryAt !== undefined || source.state === 'failed') {
    return [{ channel: name, destination: undefined }];
  }
  return Object.values(destinations)
    .filter(({ nextRetryAt }) => nextRetryAt !== undefined)
    .map((destination) => ({ channel: name, destination: destination.name }));
}
