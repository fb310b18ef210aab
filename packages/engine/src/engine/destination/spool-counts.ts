import { SpoolCounter } from '../../memory/counters.js';
import { type SpoolStats, spoolStates } from '../../stats/spool-stats.js';
import type { Placement } from '../shards/placement.js';

/** The counts that only grow. */
const TOTALS = [
  'spooledVideoFrames',
  'spooledAudioFrames',
  'spooledBytes',
  'spooledMs',
  'sentBytes',
  'sentMs',
  'expiredBytes',
  'expiredMs',
  'lostBytes',
  'lostMs',
] as const satisfies readonly (keyof SpoolStats & keyof typeof SpoolCounter)[];

type SpoolTotals = Record<(typeof TOTALS)[number], number>;

/** The figures of a destination's spool: counted by its shard, and by shards that its channel has left. */
export class SpoolCounts {
  readonly #placement: Placement;
  readonly #number: number;
  readonly #carried = Object.fromEntries(TOTALS.map((name) => [name, 0])) as SpoolTotals;

  /** @param number the destination's, in shared memory */
  constructor(placement: Placement, number: number) {
    this.#placement = placement;
    this.#number = number;
  }

  stats(): SpoolStats {
    const rate = this.#onShard(SpoolCounter.backfillRate);
    return {
      state: spoolStates[this.#onShard(SpoolCounter.state)]!,
      gaps: this.#onShard(SpoolCounter.gaps),
      bytes: this.#onShard(SpoolCounter.bytes),
      behindMs: this.#onShard(SpoolCounter.behindMs),
      backfillRate: rate * 8,
      doneInMs: rate < 1 ? undefined : (this.#onShard(SpoolCounter.unsentBytes) * 1000) / rate,
      ...this.#totals(),
    };
  }

  /** The shard counts no more: another one begins at zero. */
  carry(): void {
    Object.assign(this.#carried, this.#totals());
  }

  #totals(): SpoolTotals {
    const totals = { ...this.#carried };
    for (const name of TOTALS) totals[name] += this.#onShard(SpoolCounter[name]);
    return totals;
  }

  #onShard(counter: SpoolCounter): number {
    return this.#placement.shard.counters.spools.get(this.#number, counter);
  }
}
