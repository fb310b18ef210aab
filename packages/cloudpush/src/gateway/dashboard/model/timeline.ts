import type { GatewayEvent } from '../../gateway-event.js';
import type { ChannelStatus } from '../../state.js';

/** The time line goes back so far, in ms. */
export const TIMELINE_LENGTH = 86_400_000;

/** A time through which a channel was in one state. */
export interface TimelinePart {
  /** ms since 1970. */
  readonly from: number;
  readonly to: number;
  readonly state: ChannelStatus;
}

export interface TimelineSource {
  /** Of the channel, oldest first, as far as the gateway has kept them. */
  readonly events: readonly GatewayEvent[];
  readonly state: ChannelStatus;
  /** Since when the channel is in `state`, in ms since 1970. */
  readonly since: number;
  readonly now: number;
}

/**
 * The states of a channel in the last 24 hours, as far back as they are known, oldest first and without
 * gaps.
 */
export function timelineOf({ events, state, since, now }: TimelineSource): TimelinePart[] {
  const begin = now - TIMELINE_LENGTH;
  const changes = events.flatMap((event) =>
    event.type === 'channelState' && event.at < since && event.state !== undefined
      ? [{ at: event.at, state: event.state }]
      : [],
  );
  changes.push({ at: since, state });
  return changes.flatMap((change, index) => {
    const from = Math.max(begin, change.at);
    const to = changes[index + 1]?.at ?? now;
    return to > from ? [{ from, to, state: change.state }] : [];
  });
}
