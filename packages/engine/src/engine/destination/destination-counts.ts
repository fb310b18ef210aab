import type { ConnectTimings } from '@cloudpush/transport';
import type { MonotonicClock } from '../../base/clock.js';
import { DestinationCounter } from '../../memory/counters.js';
import { fallingRate } from '../../stats/bit-rate.js';
import type { DestinationStats, DestinationTotals } from '../../stats/stats.js';
import { addTotals, NO_DESTINATION_TOTALS } from '../../stats/totals.js';
import type { Placement } from '../shards/placement.js';
import type { DestinationState } from './destination.js';
import { SpoolCounts } from './spool-counts.js';

/** The figures of a destination: counted by its shard, by shards that its channel has left, and here. */
export class DestinationCounts {
  readonly #clock: MonotonicClock;
  readonly #placement: Placement;
  readonly #number: number;
  /** Undefined: the destination has no spool. */
  readonly #spool: SpoolCounts | undefined;
  #connects = 0;
  #moves = 0;
  /** Of the latest connect. */
  #timings: ConnectTimings | undefined;
  /** Counted on shards that the channel has left. */
  #carried = NO_DESTINATION_TOTALS;
  /** The figures as they were when the destination ended: its number may be in other hands now. */
  #last: DestinationStats | undefined;

  /** @param number the destination's, in shared memory */
  constructor(clock: MonotonicClock, placement: Placement, number: number, hasSpool: boolean) {
    this.#spool = hasSpool ? new SpoolCounts(placement, number) : undefined;
    this.#clock = clock;
    this.#placement = placement;
    this.#number = number;
  }

  onConnected(timings: ConnectTimings): void {
    this.#timings = timings;
    this.#connects++;
  }

  onMoved(timings: ConnectTimings): void {
    this.#timings = timings;
    this.#moves++;
  }

  get queuedBytes(): number {
    return this.#last?.queuedBytes ?? this.#onShard(DestinationCounter.queuedBytes);
  }

  get queuedMs(): number {
    return this.#last?.queuedMs ?? this.#onShard(DestinationCounter.queuedMs);
  }

  /** Bytes on disk. */
  get spooledBytes(): number {
    return this.#spool?.stats().bytes ?? 0;
  }

  stats(state: DestinationState): DestinationStats {
    if (this.#last !== undefined) return this.#last;
    const totals = this.#totals();
    return {
      ...(this.#carried === NO_DESTINATION_TOTALS ? totals : addTotals(this.#carried, totals)),
      state,
      queuedBytes: this.#onShard(DestinationCounter.queuedBytes),
      queuedMs: this.#onShard(DestinationCounter.queuedMs),
      ...this.#flow(state),
      timings: this.#timings,
      spool: this.#spool?.stats(),
    };
  }

  /** The shard counts no more: another one begins at zero. */
  carry(): void {
    this.#carried = { ...addTotals(this.#carried, this.#totals()), reconnects: 0, moves: 0 };
    this.#spool?.carry();
  }

  /** Nothing is counted any more: the last figures stay. */
  freeze(state: DestinationState): void {
    this.#last = { ...this.stats(state), state: 'closed', queuedBytes: 0, queuedMs: 0, bitRate: 0 };
  }

  #totals(): DestinationTotals {
    return {
      videoFrames: this.#onShard(DestinationCounter.videoFrames),
      audioFrames: this.#onShard(DestinationCounter.audioFrames),
      dataMessages: this.#onShard(DestinationCounter.dataMessages),
      bytesSent: this.#onShard(DestinationCounter.bytesSent),
      droppedDisposable: this.#onShard(DestinationCounter.droppedDisposable),
      droppedPictures: this.#onShard(DestinationCounter.droppedPictures),
      droppedUndecodable: this.#onShard(DestinationCounter.droppedUndecodable),
      droppedAudio: this.#onShard(DestinationCounter.droppedAudio),
      lostPictures: this.#onShard(DestinationCounter.lostPictures),
      lostAudio: this.#onShard(DestinationCounter.lostAudio),
      reconnects: Math.max(0, this.#connects - 1),
      moves: this.#moves,
    };
  }

  #flow(
    state: DestinationState,
  ): Pick<DestinationStats, 'bitRate' | 'unacknowledgedBytes' | 'acknowledgementLag'> {
    const age = this.#clock.now() - this.#onShard(DestinationCounter.countedAt);
    const bytesPerSecond = fallingRate(this.#onShard(DestinationCounter.bytesPerSecond), age);
    const unacknowledged = this.#onShard(DestinationCounter.unacknowledgedBytes);
    const isKnown = state === 'publishing' && unacknowledged >= 0;
    return {
      bitRate: bytesPerSecond * 8,
      unacknowledgedBytes: isKnown ? unacknowledged : undefined,
      acknowledgementLag:
        isKnown && bytesPerSecond > 1 ? (unacknowledged * 1000) / bytesPerSecond : undefined,
    };
  }

  #onShard(counter: DestinationCounter): number {
    return this.#placement.shard.counters.destinations.get(this.#number, counter);
  }
}
