import type { GatewayEvent } from '../gateway-event.js';
import type { StreamedChannel, StreamedState } from '../http/state-feed.js';
import { applyMergePatch } from '../merge-patch.js';
import { type ChannelCounters, countersOf } from './channel-counters.js';
import type { ServerSentEvent } from './event-parser.js';

/** Rates of a channel between two looks at its counters. */
export interface ChannelRates {
  /** Bits a second that come from the source. */
  readonly bitRateIn: number;
  /** Bits a second that the kernel accepts, of all destinations. */
  readonly bitRateOut: number;
  /** Pictures a second that come from the source. */
  readonly frameRate: number;
  /**
   * Frames dropped in the last minute, at all destinations; since the first snapshot where that is later.
   * They are counted, never worked out of less: drops come in bursts.
   */
  readonly dropsPerMinute: number;
}

/** Rates are taken over about so long, in ms. */
const WINDOW = 10_000;
/** Drops are counted over so long, in ms. */
const DROPS_WINDOW = 60_000;

/** The state of a gateway as its event stream tells it, and rates. */
export class GatewayView {
  #state: StreamedState | undefined;
  /** Time at which the first snapshot of this connection was taken. */
  #since = 0;
  readonly #history = new Map<string, ChannelCounters[]>();

  /** Undefined before the first snapshot. */
  get state(): StreamedState | undefined {
    return this.#state;
  }

  /** Time that drops have been counted, in ms: at most a minute. */
  get dropsWindow(): number {
    return this.#state === undefined ? 0 : Math.min(DROPS_WINDOW, this.#state.at - this.#since);
  }

  /**
   * Takes the next message of the stream.
   * @returns the events that it tells, oldest first
   * @throws SyntaxError when the data is no JSON.
   */
  take({ event, data }: ServerSentEvent): readonly GatewayEvent[] {
    if (event === 'snapshot') {
      const { recent, ...state } = JSON.parse(data);
      this.#history.clear();
      this.#since = state.at;
      this.#setState(state);
      return recent;
    }
    if (event !== 'delta' || this.#state === undefined) return [];
    const { patch, events } = JSON.parse(data);
    this.#setState(applyMergePatch(this.#state, patch) as StreamedState);
    return events;
  }

  ratesOf({ name, destinations }: StreamedChannel): ChannelRates {
    const history = this.#history.get(name) ?? [];
    const last = history.at(-1);
    const first = last && history[indexAt(history, last.at - WINDOW)];
    const elapsed = first === undefined || last === undefined ? 0 : (last.at - first.at) / 1000;
    const bitRateOut = Object.values(destinations).reduce((sum, { bitRate }) => sum + bitRate, 0);
    if (elapsed <= 0) return { bitRateIn: 0, bitRateOut, frameRate: 0, dropsPerMinute: 0 };
    return {
      bitRateIn: ((last!.bytesIn - first!.bytesIn) * 8) / elapsed,
      bitRateOut,
      frameRate: (last!.videoFrames - first!.videoFrames) / elapsed,
      dropsPerMinute: last!.drops - history[0]!.drops,
    };
  }

  #setState(state: StreamedState): void {
    this.#state = state;
    for (const name of this.#history.keys()) {
      if (!Object.hasOwn(state.channels, name)) this.#history.delete(name);
    }
    for (const channel of Object.values(state.channels)) {
      const history = this.#history.get(channel.name) ?? [];
      history.push(countersOf(channel, state.at));
      history.splice(0, indexAt(history, state.at - DROPS_WINDOW));
      this.#history.set(channel.name, history);
    }
  }
}

/** The index of the latest counters that are as old as `at`; 0 where all are younger. */
function indexAt(history: readonly ChannelCounters[], at: number): number {
  return Math.max(
    0,
    history.findLastIndex((counters) => counters.at <= at),
  );
}
