import { batch, computed, signal } from '@preact/signals';
import type { GatewayEvent } from '../../gateway-event.js';
import type { StreamedState } from '../../http/state-feed.js';
import { channelRows } from '../../view/channel-rows.js';
import type { ServerSentEvent } from '../../view/event-parser.js';
import { GatewayView } from '../../view/gateway-view.js';
import { causesOf } from '../model/causes.js';
import { parseFilter } from '../model/filter.js';
import { History } from '../model/history.js';
import { formatLocation, type PageLocation, parseLocation } from '../model/location.js';
import { totalsOf } from '../model/totals.js';
import { RequestError } from './api.js';
import { gatewayMessages } from './gateway-stream.js';

/** `locked`: the gateway wants a token, or another one. */
export type ConnectionStatus = 'connecting' | 'live' | 'gone' | 'locked';

/** ms between two attempts to reach the gateway. */
const RETRY_DELAY = 1500;
/** So many events are shown of the whole gateway. */
const KEPT_EVENTS = 300;

const view = new GatewayView();

/** Of all channels, since the page was opened. */
export const history = new History();
export const connection = signal<ConnectionStatus>('connecting');
/** Since when the gateway does not answer, in ms since 1970, by the browser's clock. */
export const goneSince = signal<number | undefined>(undefined);
/** Undefined before the first snapshot. */
export const state = signal<StreamedState | undefined>(undefined);
/** The latest ones, oldest first. */
export const events = signal<readonly GatewayEvent[]>([]);
export const location = signal<PageLocation>(parseLocation(window.location.hash));
/** The channel that the keyboard stands at. */
export const selected = signal<string | undefined>(undefined);
/** The latest failure of something that was asked for; undefined: none is shown. */
export const failure = signal<string | undefined>(undefined);

/** Of all channels, what is wrong first. */
export const rows = computed(() => (state.value === undefined ? [] : channelRows(view)));
export const totals = computed(() => state.value && totalsOf(state.value, rows.value));
export const causes = computed(() => (state.value === undefined ? [] : causesOf(state.value)));
const filter = computed(() => parseFilter(location.value.filter));
/** The rows that the filter lets through. */
export const shownRows = computed(() => {
  const channels = state.value?.channels ?? {};
  return rows.value.filter(({ name }) => filter.value.matches(channels[name]!));
});

/** Reads the gateway's stream for as long as the page is open. */
export async function followGateway(): Promise<void> {
  for (;;) {
    try {
      for await (const message of gatewayMessages(new AbortController().signal)) take(message);
    } catch (error) {
      if (error instanceof RequestError && error.status === 401) {
        connection.value = 'locked';
        return;
      }
      batch(() => {
        connection.value = 'gone';
        goneSince.value ??= Date.now();
      });
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_DELAY));
  }
}

function take(message: ServerSentEvent): void {
  const news = view.take(message);
  if (view.state === undefined) return;
  history.record(view.state);
  batch(() => {
    state.value = view.state;
    connection.value = 'live';
    goneSince.value = undefined;
    if (message.event === 'snapshot') events.value = news;
    else if (news.length > 0) events.value = [...events.value, ...news].slice(-KEPT_EVENTS);
  });
}

/** Shows something else. `isStep`: the browser's Back leads to what is shown now. */
export function go(changes: Partial<PageLocation>, isStep = true): void {
  const next = { ...location.value, ...changes };
  const hash = formatLocation(next);
  if (isStep) window.history.pushState(null, '', hash);
  else window.history.replaceState(null, '', hash);
  location.value = next;
}

/** Follows the browser's Back and Forward, and addresses that are typed. */
export function followLocation(): void {
  window.addEventListener('popstate', () => {
    location.value = parseLocation(window.location.hash);
  });
}

/** Runs what was asked for; what fails is told. Resolves with whether it was done. */
export async function attempt(action: () => Promise<unknown>): Promise<boolean> {
  try {
    await action();
    failure.value = undefined;
    return true;
  } catch (error) {
    failure.value = (error as Error).message;
    return false;
  }
}
