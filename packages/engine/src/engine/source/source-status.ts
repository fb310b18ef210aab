import type { EngineClock } from '../../base/clock.js';
import { CloudPushError } from '../../base/errors.js';
import { SourceCounter } from '../../memory/counters.js';
import type { SourceReport } from '../../protocol/source-messages.js';
import type { SourceState, SourceStats } from '../../stats/source-stats.js';
import type { Placement } from '../shards/placement.js';

const COUNTERS = [
  'bytesReceived',
  'videoFrames',
  'audioFrames',
  'framesRefused',
  'rtpPackets',
  'rtpLost',
  'rtpReordered',
  'rtpDuplicates',
  'damagedPictures',
] as const;

type Counts = Record<(typeof COUNTERS)[number], number>;

/** State of a channel's source, by its shard's reports, and the counts of the shards. */
export class SourceStatus {
  readonly #clock: EngineClock;
  readonly #placement: Placement;
  #state: SourceState = 'connecting';
  #since: number;
  #attempt = 1;
  #reconnects = 0;
  #everConnected = false;
  #nextRetryAt: number | undefined;
  #lastError: CloudPushError | undefined;
  #isFallback = false;
  /** Counted on shards that the channel has left. */
  readonly #before: Counts = Object.fromEntries(COUNTERS.map((name) => [name, 0])) as Counts;

  constructor(clock: EngineClock, placement: Placement) {
    this.#clock = clock;
    this.#placement = placement;
    this.#since = clock.now();
  }

  stats(): SourceStats {
    const counts = { ...this.#before };
    for (const name of COUNTERS) counts[name] += this.#onShard(SourceCounter[name]);
    return {
      state: this.#state,
      since: Math.round(this.#clock.now() - this.#since),
      ...counts,
      reconnects: this.#reconnects,
      jitter: this.#onShard(SourceCounter.jitter),
      attempt: this.#attempt,
      nextRetryAt: this.#nextRetryAt,
      lastError: this.#lastError,
      fallback: this.#isFallback,
    };
  }

  note(event: SourceReport): void {
    if (event.type === 'warning') return;
    if (event.type === 'fallback') {
      this.#isFallback = event.isOn;
      return;
    }
    this.#nextRetryAt = undefined;
    switch (event.type) {
      case 'connecting':
        this.#enter('connecting');
        return;
      case 'connected':
        this.#enter('streaming');
        this.#attempt = 1;
        if (this.#everConnected) this.#reconnects++;
        this.#everConnected = true;
        return;
      case 'streaming':
      case 'stalled':
      case 'ended':
        this.#enter(event.type);
        return;
      case 'lost': {
        const willRetry = Number.isFinite(event.delay);
        this.#enter(willRetry ? 'retrying' : 'failed');
        this.#lastError = CloudPushError.from(event.error);
        if (!willRetry) return;
        this.#attempt = event.attempts + 1;
        this.#nextRetryAt = Math.round(this.#clock.wallTime() + event.delay);
        return;
      }
      default:
        event satisfies never;
    }
  }

  /** The shard counts no more: another one begins at zero. */
  carry(): void {
    for (const name of COUNTERS) this.#before[name] += this.#onShard(SourceCounter[name]);
    this.#placement.shard.counters.sources.reset(this.#placement.channel);
    this.#isFallback = false;
    this.#enter('connecting');
  }

  #enter(state: SourceState): void {
    this.#state = state;
    this.#since = this.#clock.now();
  }

  #onShard(counter: SourceCounter): number {
    return this.#placement.shard.counters.sources.get(this.#placement.channel, counter);
  }
}
