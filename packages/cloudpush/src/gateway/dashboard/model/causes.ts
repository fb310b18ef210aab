import type { StreamedChannel, StreamedState } from '../../http/state-feed.js';
import type { DestinationState, DestinationStatus, ErrorState, SourceStatus } from '../../state.js';
import { toggleTerm } from './filter.js';

/** One thing that is wrong, and all that suffers from it. */
export interface Cause {
  /** The same as long as the cause is: what lists go by. */
  readonly id: string;
  readonly tone: 'warning' | 'bad';
  /** Such as `31 destinations`, or the only one's name. */
  readonly who: string;
  /** Such as `cloud.example refused`. */
  readonly what: string;
  /** Since when the first of them suffers, in ms since 1970. */
  readonly since: number;
  /** Error of the latest attempt. */
  readonly message: string | undefined;
  /** Time of the first next attempt among them, in ms since 1970. */
  readonly nextRetryAt: number | undefined;
  /** A filter that shows the channels concerned. */
  readonly filter: string;
  /** Sources and destinations that can be tried again at once. */
  readonly retries: readonly Retry[];
  /** Number of sources or destinations that are concerned. */
  readonly count: number;
}

/** Source or destination that is tried again on request. */
export interface Retry {
  readonly channel: string;
  /** Undefined: the source, with all that hangs on it. */
  readonly destination: string | undefined;
}

/** One source or destination that is not well. */
interface Trouble {
  readonly id: string;
  readonly tone: 'warning' | 'bad';
  readonly kind: 'source' | 'destination';
  /** Name to show where it is the only one. */
  readonly name: string;
  readonly what: string;
  readonly channel: string;
  readonly since: number;
  readonly lastError: ErrorState | undefined;
  readonly nextRetryAt: number | undefined;
  readonly terms: readonly string[];
  readonly retry: Retry | undefined;
}

/** Words for a destination's state, to stand behind the name of its host; other states are no trouble. */
const destinationWords: Partial<Record<DestinationStatus, string>> = {
  retrying: 'unreachable',
  refused: 'refused',
  paused: 'takes too little',
  spooling: 'away, kept on disk',
};

const sourceWords: Partial<Record<SourceStatus, string>> = {
  retrying: 'lost',
  stalled: 'silent',
  failed: 'given up',
};

/** Groups what is wrong by its cause, however many channels suffer from it; the worst and largest first. */
export function causesOf({ channels }: StreamedState): Cause[] {
  const groups = new Map<string, Trouble[]>();
  for (const channel of Object.values(channels)) {
    for (const trouble of troublesOf(channel)) {
      const group = groups.get(trouble.id);
      if (group === undefined) groups.set(trouble.id, [trouble]);
      else group.push(trouble);
    }
  }
  return [...groups.values()]
    .map(causeOf)
    .sort(
      (a, b) =>
        Number(a.tone === 'warning') - Number(b.tone === 'warning') ||
        b.count - a.count ||
        a.since - b.since ||
        (a.id < b.id ? -1 : 1),
    );
}

function troublesOf(channel: StreamedChannel): Trouble[] {
  if (channel.state === 'disabled') return [];
  const source = sourceTrouble(channel);
  const destinations = Object.values(channel.destinations).flatMap(
    (destination) => destinationTrouble(channel.name, destination) ?? [],
  );
  return source === undefined ? destinations : [source, ...destinations];
}

function sourceTrouble({ name, source }: StreamedChannel): Trouble | undefined {
  const { state, kind, since, lastError, nextRetryAt, attempt } = source;
  // Between two attempts a source is connecting: still the same trouble.
  const shown = state === 'connecting' && attempt > 0 ? 'retrying' : state;
  const word = sourceWords[shown];
  if (word === undefined) return undefined;
  const code = lastError?.code ?? '';
  const thing = kind === 'rtsp' ? 'camera' : kind;
  return {
    id: `source ${thing} ${shown} ${code}`,
    tone: shown === 'stalled' ? 'warning' : 'bad',
    kind: 'source',
    name: `${thing} of ${name}`,
    what: word,
    channel: name,
    since,
    lastError,
    nextRetryAt,
    terms: [`source:${state}`, ...(code === '' ? [] : [`code:${code}`])],
    retry:
      nextRetryAt === undefined && state !== 'failed' ? undefined : { channel: name, destination: undefined },
  };
}

function destinationTrouble(channel: string, destination: DestinationState): Trouble | undefined {
  const { name, host, place, state, since, lastError, nextRetryAt, attempt } = destination;
  const shown = state === 'connecting' && attempt > 0 ? 'retrying' : state;
  const word = destinationWords[shown];
  if (word === undefined) return undefined;
  const server = host ?? place;
  return {
    id: `destination ${server} ${shown}`,
    tone: shown === 'paused' || shown === 'spooling' ? 'warning' : 'bad',
    kind: 'destination',
    name: `${channel} → ${name}`,
    what: `${server} ${word}`,
    channel,
    since,
    lastError,
    nextRetryAt,
    terms: [...(host === undefined ? [] : [`host:${host}`]), `dest:${state}`],
    retry: nextRetryAt === undefined ? undefined : { channel, destination: name },
  };
}

function causeOf(group: readonly Trouble[]): Cause {
  const [first] = group as [Trouble];
  const latest = group.reduce((a, b) => ((b.lastError?.at ?? 0) > (a.lastError?.at ?? 0) ? b : a));
  const retries = group.flatMap(({ retry }) => retry ?? []);
  const times = group.flatMap(({ nextRetryAt }) => nextRetryAt ?? []);
  return {
    id: first.id,
    tone: first.tone,
    who: group.length === 1 ? first.name : `${group.length} ${pluralOf(first)}`,
    what: first.what,
    since: Math.min(...group.map(({ since }) => since)),
    message: latest.lastError?.message,
    nextRetryAt: times.length === 0 ? undefined : Math.min(...times),
    filter: filterOf(group),
    retries,
    count: group.length,
  };
}

function pluralOf({ kind, id }: Trouble): string {
  if (kind === 'destination') return 'destinations';
  return `${id.split(' ')[1]}s`;
}

/** The terms that all have; of states that differ, any. */
function filterOf(group: readonly Trouble[]): string {
  const [first, ...rest] = group as [Trouble, ...Trouble[]];
  if (rest.length === 0) return `name:${first.channel}`;
  const byKey = new Map<string, Set<string>>();
  for (const { terms } of group) {
    for (const term of terms) {
      const [key, value] = term.split(/:(.*)/s) as [string, string];
      byKey.set(key, (byKey.get(key) ?? new Set()).add(value));
    }
  }
  return [...byKey].reduce((text, [key, values]) => toggleTerm(text, `${key}:${[...values].join(',')}`), '');
}
