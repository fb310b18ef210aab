import { isDeepStrictEqual } from 'node:util';
import type { PushTarget } from '@cloudpush/engine';
import type { ChannelPlan, DestinationPlan } from '../config/configuration.js';

/**
 * Parts of a running channel that a new plan touches: `nothing` (labels, times of events), its destinations,
 * its source, both, or all of it (`restart`: the settings that the stream is made with).
 */
export type ChannelChange = 'nothing' | 'destinations' | 'source' | 'sourceAndDestinations' | 'restart';

export function changeOf(before: ChannelPlan, after: ChannelPlan): ChannelChange {
  const isSameStream =
    isDeepStrictEqual(before.stream, after.stream) && before.event?.preRoll === after.event?.preRoll;
  if (!isSameStream) return 'restart';
  const source = !isDeepStrictEqual(before.source.options, after.source.options);
  const destinations = !isDeepStrictEqual(before.destinations, after.destinations);
  if (source) return destinations ? 'sourceAndDestinations' : 'source';
  return destinations ? 'destinations' : 'nothing';
}

export type DestinationChange =
  | { readonly type: 'none' }
  /** The stream is led to another server, or another token is shown, without a gap. */
  | { readonly type: 'move'; readonly target: PushTarget }
  /** A new connection takes over from the one before. */
  | { readonly type: 'reconnect'; readonly ends: 'whenConnected' | 'atOnce' };

export function destinationChange(before: DestinationPlan, after: DestinationPlan): DestinationChange {
  if (isDeepStrictEqual(before.options, after.options)) return { type: 'none' };
  const { url } = after.options;
  if (url !== undefined && before.options.url !== undefined && isSameButTarget(before, after)) {
    return { type: 'move', target: { url, token: after.options.connection?.token } };
  }
  // One name is published by one connection only.
  return { type: 'reconnect', ends: before.place === after.place ? 'atOnce' : 'whenConnected' };
}

function isSameButTarget(before: DestinationPlan, after: DestinationPlan): boolean {
  const rest = ({ options }: DestinationPlan) => ({
    ...options,
    url: undefined,
    connection: { ...options.connection, token: undefined },
  });
  return isDeepStrictEqual(rest(before), rest(after));
}
