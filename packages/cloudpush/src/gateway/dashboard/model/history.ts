import type { StreamedChannel, StreamedState } from '../../http/state-feed.js';
import { type ChannelCounters, countersOf } from '../../view/channel-counters.js';

/** So many samples are kept of a channel: ten minutes. */
export const KEPT_SAMPLES = 600;
/** Drops are added up over so long, in samples. */
const DROPS_WINDOW = 300;

/** Measurements of a channel, taken once a second. */
interface Sample {
  /** Bits a second from the source. */
  readonly bitRateIn: number;
  /** Bits a second that the kernel accepts, of all destinations. */
  readonly bitRateOut: number;
  /** Pictures a second from the source. */
  readonly frameRate: number;
  /** Frames dropped since the sample before. */
  readonly drops: number;
  /** Length of the queue at the destination that is furthest behind, in ms of media. */
  readonly queuedMs: number;
}

const names = ['bitRateIn', 'bitRateOut', 'frameRate', 'drops', 'queuedMs'] as const;

export type SampleName = (typeof names)[number];

/** The samples of all channels since the page was opened, and of the last ten minutes at the most. */
export class History {
  readonly #channels = new Map<string, ChannelHistory>();

  /** Takes a state; one that is no later than the one before changes nothing. */
  record(state: StreamedState): void {
    for (const name of this.#channels.keys()) {
      if (!Object.hasOwn(state.channels, name)) this.#channels.delete(name);
    }
    for (const channel of Object.values(state.channels)) this.#of(channel.name).record(channel, state.at);
  }

  /** The latest `count` samples, oldest first; fewer at the beginning. */
  series(channel: string, name: SampleName, count = KEPT_SAMPLES): Float32Array {
    return this.#channels.get(channel)?.series(name, count) ?? new Float32Array();
  }

  /** Times of the latest samples of a channel, in ms since 1970, oldest first. */
  times(channel: string, count = KEPT_SAMPLES): readonly number[] {
    return this.#channels.get(channel)?.times(count) ?? [];
  }

  /**
   * Frames dropped in the last five minutes, of all channels, or since the page was opened where that is
   * later.
   */
  recentDrops(): number {
    let sum = 0;
    for (const channel of this.#channels.values()) sum += channel.sumOf('drops', DROPS_WINDOW);
    return sum;
  }

  #of(name: string): ChannelHistory {
    const known = this.#channels.get(name);
    if (known !== undefined) return known;
    const history = new ChannelHistory();
    this.#channels.set(name, history);
    return history;
  }
}

/** Rings of numbers, one a name. */
class ChannelHistory {
  readonly #samples = Object.fromEntries(
    names.map((name) => [name, new Float32Array(KEPT_SAMPLES)]),
  ) as Record<SampleName, Float32Array>;
  readonly #times = new Float64Array(KEPT_SAMPLES);
  /** Samples so far. */
  #count = 0;
  #last: ChannelCounters | undefined;

  record(channel: StreamedChannel, at: number): void {
    const before = this.#last;
    if (before !== undefined && at <= before.at) return;
    const counters = countersOf(channel, at);
    this.#last = counters;
    if (before === undefined) return;
    const sample = sampleBetween(before, counters, channel);
    const index = this.#count % KEPT_SAMPLES;
    for (const name of names) this.#samples[name][index] = sample[name];
    this.#times[index] = at;
    this.#count++;
  }

  series(name: SampleName, count: number): Float32Array {
    const ring = this.#samples[name];
    return Float32Array.from(
      { length: this.#available(count) },
      (_, back) => ring[this.#index(count, back)]!,
    );
  }

  times(count: number): number[] {
    return Array.from(
      { length: this.#available(count) },
      (_, back) => this.#times[this.#index(count, back)]!,
    );
  }

  sumOf(name: SampleName, count: number): number {
    const ring = this.#samples[name];
    const length = this.#available(count);
    let sum = 0;
    for (let back = 0; back < length; back++) sum += ring[this.#index(count, back)]!;
    return sum;
  }

  #available(count: number): number {
    return Math.min(count, this.#count, KEPT_SAMPLES);
  }

  #index(count: number, position: number): number {
    return (this.#count - this.#available(count) + position) % KEPT_SAMPLES;
  }
}

function sampleBetween(
  before: ChannelCounters,
  after: ChannelCounters,
  { destinations }: StreamedChannel,
): Sample {
  const seconds = (after.at - before.at) / 1000;
  // Counters begin anew with the gateway.
  const grown = (name: 'bytesIn' | 'videoFrames' | 'drops') => Math.max(0, after[name] - before[name]);
  const all = Object.values(destinations);
  return {
    bitRateIn: (grown('bytesIn') * 8) / seconds,
    bitRateOut: all.reduce((sum, { bitRate }) => sum + bitRate, 0),
    frameRate: grown('videoFrames') / seconds,
    drops: grown('drops'),
    queuedMs: all.reduce((most, { queuedMs }) => Math.max(most, queuedMs), 0),
  };
}
