import type { ChannelStats } from '@cloudpush/engine';

type Pauses = Pick<ChannelStats, 'pauses' | 'pausedMs'>;

/** Number and length of a channel's pauses, through all the engine's channels that it has had. */
export class PauseTotals {
  #before: Pauses = { pauses: 0, pausedMs: 0 };

  /** One of the engine's channels is over. */
  add(over: Pauses): void {
    this.#before = this.with(over);
  }

  /** With those of the channel that runs. */
  with(live: Pauses | undefined): Pauses {
    const { pauses, pausedMs } = this.#before;
    return { pauses: pauses + (live?.pauses ?? 0), pausedMs: pausedMs + (live?.pausedMs ?? 0) };
  }
}
