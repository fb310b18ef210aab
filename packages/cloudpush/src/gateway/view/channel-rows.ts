import type { StreamedChannel } from '../http/state-feed.js';
import type { ChannelStatus, DestinationState, ErrorState } from '../state.js';
import type { ChannelRates, GatewayView } from './gateway-view.js';
import { presentErrors } from './present-errors.js';
import { spoolProgress } from './spool-progress.js';

/** One channel as it is shown. */
export interface ChannelRow {
  readonly name: string;
  /** The node of the cluster that has it; undefined: there is no cluster. */
  readonly node: string | undefined;
  readonly state: ChannelStatus;
  /** Time that it has been so, in ms. */
  readonly age: number;
  readonly source: string;
  /** Each destination's name and state. */
  readonly destinations: readonly string[];
  readonly rates: ChannelRates;
  /** Bytes that wait, of all destinations. */
  readonly queuedBytes: number;
  /** Of the source and the destinations. */
  readonly reconnects: number;
  /** The error that keeps the channel from being well; undefined when it is. */
  readonly error: ErrorState | undefined;
  /** ms until the next attempt of whatever is tried again first; undefined when nothing is. */
  readonly nextRetryIn: number | undefined;
}

/** The worst first. */
const severity: Readonly<Record<ChannelStatus, number>> = {
  offline: 0,
  degraded: 1,
  starting: 2,
  online: 3,
  disabled: 4,
};

/** The channels, with what is wrong first: by state, then by how many frames are dropped, then by name. */
export function channelRows(view: GatewayView): ChannelRow[] {
  const { state } = view;
  if (state === undefined) return [];
  return Object.values(state.channels)
    .map((channel) => rowOf(channel, view.ratesOf(channel), state.at))
    .sort(
      (a, b) =>
        severity[a.state] - severity[b.state] ||
        b.rates.dropsPerMinute - a.rates.dropsPerMinute ||
        (a.name < b.name ? -1 : 1),
    );
}

function rowOf(channel: StreamedChannel, rates: ChannelRates, now: number): ChannelRow {
  const { name, node, state, since, source } = channel;
  const destinations = Object.values(channel.destinations);
  const retries = [source, ...destinations].flatMap(({ nextRetryAt }) => nextRetryAt ?? []);
  const isWell = state === 'online' || state === 'disabled';
  return {
    name,
    node,
    state,
    age: Math.max(0, now - since),
    source: source.state,
    destinations: destinations.map((each) => `${each.name} ${destinationWord(each)}`),
    rates,
    queuedBytes: destinations.reduce((sum, { queuedBytes }) => sum + queuedBytes, 0),
    reconnects: destinations.reduce(
      (sum, { counters }) => sum + counters.reconnects,
      source.counters.reconnects,
    ),
    error: isWell ? undefined : latest(presentErrors(channel)),
    nextRetryIn: retries.length === 0 ? undefined : Math.max(0, Math.min(...retries) - now),
  };
}

/** State of a destination, and what it has on disk: `backfilling, behind by 4m, catching up, done in 3m`. */
export function destinationWord({ state, spool }: DestinationState): string {
  const progress = spool && spoolProgress(spool);
  return progress === undefined ? state : `${state}, ${progress}`;
}

function latest(errors: readonly ErrorState[]): ErrorState | undefined {
  return errors.reduce<ErrorState | undefined>(
    (last, error) => (last === undefined || error.at > last.at ? error : last),
    undefined,
  );
}
