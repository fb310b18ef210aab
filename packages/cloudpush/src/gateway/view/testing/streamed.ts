import type { StreamedChannel, StreamedState } from '../../http/state-feed.js';
import { sampleState } from '../../http/testing/sample-state.js';
import type { ChannelState, GatewayState } from '../../state.js';

/** A channel as the stream has it. */
export function streamedChannel({ destinations, ...rest }: ChannelState): StreamedChannel {
  return {
    ...rest,
    destinations: Object.fromEntries(destinations.map((destination) => [destination.name, destination])),
  };
}

/** A gateway with these channels, as the stream has it. */
export function streamedState(
  channels: readonly ChannelState[],
  changes: Partial<GatewayState> = {},
): StreamedState {
  const byName = Object.fromEntries(channels.map((channel) => [channel.name, streamedChannel(channel)]));
  return { ...sampleState([]), ...changes, channels: byName };
}
