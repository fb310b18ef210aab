import type { EngineClock } from '../clock.js';

interface FakeTimer {
  readonly at: number;
  readonly callback: () => void;
}

/** A clock for tests: time passes when the test says so, and not otherwise. */
export class FakeClock implements EngineClock {
  #now = 0;
  #setBackBy = 0;
  readonly #timers = new Set<FakeTimer>();

  now(): number {
    return this.#now;
  }

  /** As if the clock had been made at the beginning of 2001. */
  wallTime(): number {
    return Date.UTC(2001) + this.#now - this.#setBackBy;
  }

  /** The time of day steps back. */
  setBack(ms: number): void {
    this.#setBackBy += ms;
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.#now + ms, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Number of calls that are still to come. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Lets `ms` pass: what is due is called, each at its time, also what was asked for on the way. */
  pass(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      let next: FakeTimer | undefined;
      for (const timer of this.#timers)
        if (timer.at <= end && (next === undefined || timer.at < next.at)) next = timer;
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.callback();
    }
    this.#now = end;
  }
}
