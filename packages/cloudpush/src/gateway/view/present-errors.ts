import type { StreamedChannel } from '../http/state-feed.js';
import type { ErrorState } from '../state.js';

/**
 * The latest errors of the source and the destinations that are in trouble now: an error stays in the state
 * after its trouble is over.
 */
export function presentErrors({ source, destinations }: StreamedChannel): ErrorState[] {
  return [source, ...Object.values(destinations)].flatMap(({ lastError, attempt, nextRetryAt, state }) => {
    const isTroubled = attempt > 0 || nextRetryAt !== undefined || state === 'failed' || state === 'refused';
    return isTroubled && lastError !== undefined ? [lastError] : [];
  });
}
