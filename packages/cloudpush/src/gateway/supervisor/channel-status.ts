import type { ChannelStatus, DestinationStatus, SourceStatus } from '../state.js';

/** Facts that the state of a channel follows from. */
export interface ChannelFacts {
  readonly isEnabled: boolean;
  /** It has been online or degraded since it started, or something has failed. */
  readonly isStarted: boolean;
  readonly source: SourceStatus;
  readonly destinations: readonly DestinationStatus[];
  /** In event mode, while nothing is recorded, destinations are not wanted. */
  readonly isWaitingForEvent: boolean;
}

const DELIVERING: readonly DestinationStatus[] = ['publishing', 'paused'];

export function channelStatus(facts: ChannelFacts): ChannelStatus {
  if (!facts.isEnabled) return 'disabled';
  const working = statusOfWork(facts);
  return working === 'offline' && !facts.isStarted ? 'starting' : working;
}

function statusOfWork({ source, destinations, isWaitingForEvent }: ChannelFacts): ChannelStatus {
  if (source !== 'streaming') return 'offline';
  const delivering = destinations.filter((state) => DELIVERING.includes(state)).length;
  if (isWaitingForEvent) {
    const refused = destinations.filter((state) => state === 'refused').length;
    if (refused === 0) return 'online';
    return refused < destinations.length ? 'degraded' : 'offline';
  }
  if (delivering === 0) return 'offline';
  return delivering === destinations.length && !destinations.includes('paused') ? 'online' : 'degraded';
}
