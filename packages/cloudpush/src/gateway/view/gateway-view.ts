import type { StreamedChannel, StreamedState } from '../http/state-feed.js';
import { applyMergePatch } from '../merge-patch.js';
import type { GatewayEvent } from '../state.js';
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
  /** Frames dropped a minute, at all destinations. */
  readonly dropsPerMinute: number;
}

/** Rates are taken over about so long, in ms. */
const WINDOW = 10_000;

/** The state of a gateway as its event stream tells it, and rates. */
export class GatewayView {
  #state: StreamedState | undefined;
  readonly #history = new Map<string, ChannelCounters[]>();

  /** Undefined before the first snapshot. */
  get state(): StreamedState | undefined {
    return this.#state;
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
    const [first, last] = [history[0], history.at(-1)];
    const elapsed = first === undefined || last === undefined ? 0 : (last.at - first.at) / 1000;
    const bitRateOut = Object.values(destinations).reduce((sum, { bitRate }) => sum + bitRate, 0);
    if (elapsed <= 0) return { bitRateIn: 0, bitRateOut, frameRate: 0, dropsPerMinute: 0 };
    return {
      bitRateIn: ((last!.bytesIn - first!.bytesIn) * 8) / elapsed,
      bitRateOut,
      frameRate: (last!.videoFrames - first!.videoFrames) / elapsed,
      dropsPerMinute: ((last!.drops - first!.drops) * 60) / elapsed,
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
      while (history.length > 2 && state.at - history[1]!.at >= WINDOW) history.shift();
      this.#history.set(channel.name, history);
    }
  }
}
