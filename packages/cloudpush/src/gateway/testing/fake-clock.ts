import type { GatewayClock } from '../clock.js';

interface Timer {
  readonly at: number;
  readonly callback: () => void;
}

/** Time that goes on when it is told to. */
export class FakeClock implements GatewayClock {
  #now = 1_000_000;
  readonly #timers = new Set<Timer>();

  now = (): number => this.#now;

  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.#now + ms, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /**
   * Lets so much time pass, and everything happen that is due.
   * @param afterEach called whenever something has happened
   */
  async advance(ms: number, afterEach?: () => void): Promise<void> {
    const end = this.#now + ms;
    for (let at = this.#next(); at <= end; at = this.#next()) {
      this.#now = Math.max(this.#now, at);
      const due = [...this.#timers].filter((timer) => timer.at === at);
      for (const timer of due) {
        if (!this.#timers.delete(timer)) continue;
        timer.callback();
        await Promise.resolve();
      }
      await settle();
      afterEach?.();
    }
    this.#now = end;
    await settle();
    afterEach?.();
  }

  /** When the next timer is due. */
  #next(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const { at } of this.#timers) if (at < next) next = at;
    return next;
  }
}

/** Lets everything happen that waits for nothing but its turn. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}
