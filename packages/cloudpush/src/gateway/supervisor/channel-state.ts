import type { ChannelState, ChannelStatus, DestinationState, ErrorState } from '../state.js';
import type { RequestedChannel } from './channel-requests.js';
import { channelStatus } from './channel-status.js';
import type { DestinationSupervisor } from './destination-supervisor.js';
import type { PauseTotals } from './pause-totals.js';
import type { SourceSupervisor } from './source-supervisor.js';

/** A channel that is looked at. */
export interface ShownChannel extends Omit<RequestedChannel, 'update'> {
  /** Since when it has its status, in ms since 1970. */
  readonly since: number;
  readonly source: SourceSupervisor;
  readonly pauses: PauseTotals;
}

/** Returns the state of a channel, with its source and destinations. */
export function channelState(channel: ShownChannel): ChannelState {
  const { plan, status, since, source, events, media, pauses } = channel;
  const { name, labels, revision, event } = plan;
  const sourceState = source.state(plan.source);
  const isWaiting = waitsForEvent(channel);
  const destinations = channel.destinations.all.map((one) => destinationState(one, isWaiting));
  const live = media?.stats();
  return {
    name,
    labels,
    mode: event === undefined ? 'continuous' : 'event',
    state: status,
    since,
    lastError: latest([sourceState, ...destinations].map(({ lastError }) => lastError)),
    revision,
    source: sourceState,
    destinations,
    event: events.state,
    events: events.count,
    paused: live?.paused ?? false,
    ...pauses.with(live),
  };
}

/** Returns how a channel stands by now, as it follows from its source and destinations. */
export function statusOf(
  channel: Omit<ShownChannel, 'status' | 'since' | 'pauses'>,
  { isEnabled, hasDelivered }: { readonly isEnabled: boolean; readonly hasDelivered: boolean },
): ChannelStatus {
  const { source } = channel;
  const destinations = channel.destinations.all;
  const hasFailed = source.hasFailed || destinations.some((one) => one.hasFailed);
  return channelStatus({
    isEnabled,
    isStarted: hasDelivered || hasFailed,
    source: source.status,
    destinations: destinations.map((one) => one.status),
    isWaitingForEvent: waitsForEvent(channel),
  });
}

/** Event mode, and nothing happens. */
function waitsForEvent({ plan, events }: Pick<ShownChannel, 'plan' | 'events'>): boolean {
  return plan.event !== undefined && events.state === undefined;
}

/** Between two events there is nothing to connect for. */
function destinationState(destination: DestinationSupervisor, isWaiting: boolean): DestinationState {
  const state = destination.state();
  return isWaiting && state.state === 'connecting' ? { ...state, state: 'idle' } : state;
}

function latest(errors: readonly (ErrorState | undefined)[]): ErrorState | undefined {
  return errors.reduce((last, one) => ((one?.at ?? 0) > (last?.at ?? 0) ? one : last), undefined);
}
