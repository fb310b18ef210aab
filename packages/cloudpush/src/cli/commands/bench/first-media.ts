import type { ChannelRun } from '../push/channel-run.js';

/**
 * Interval at which the program looks whether media has gone out, in ms: measurements are exact to this much.
 */
const INTERVAL = 5;

/** The part of a channel that tells whether its media goes out. */
export type FedChannel = Pick<ChannelRun, 'startedAt' | 'outcome'> & {
  readonly stats: Pick<ChannelRun['stats'], 'videoFrames' | 'audioFrames'>;
};

/** Measures the time from a channel's beginning to its first frame in the hands of the connection. */
export class FirstMediaWatch implements Disposable {
  readonly #waiting = new Set<FedChannel>();
  readonly #times: number[] = [];
  readonly #now: () => number;
  #timer: NodeJS.Timeout | undefined;

  /** @param now monotonic ms, as `startedAt` of the channels */
  constructor(now = () => performance.now()) {
    this.#now = now;
  }

  /** The channel is fed from now on. */
  add(channel: FedChannel): void {
    this.#waiting.add(channel);
    this.#timer ??= setInterval(() => this.#look(), INTERVAL);
  }

  /** ms, one a channel whose media has gone out. */
  get times(): readonly number[] {
    return this.#times;
  }

  [Symbol.dispose](): void {
    this.#look();
    this.#waiting.clear();
    this.#rest();
  }

  #look(): void {
    const now = this.#now();
    for (const channel of this.#waiting) {
      const { videoFrames, audioFrames } = channel.stats;
      if (videoFrames + audioFrames > 0) this.#times.push(now - channel.startedAt);
      else if (channel.outcome === undefined) continue;
      this.#waiting.delete(channel);
    }
    if (this.#waiting.size === 0) this.#rest();
  }

  #rest(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
