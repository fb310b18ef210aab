import { setImmediate as turn } from 'node:timers/promises';
import type { StageClock } from '../proxy/stage.js';

/** Time that passes when a test says so. */
export class ManualClock implements StageClock {
  #now = 0;
  #sleepers: { readonly due: number; readonly wake: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const onAbort = (): void => reject(signal.reason);
      const wake = (): void => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#sleepers.push({ due: this.#now + ms, wake });
      if (ms <= 0) wake();
    });
  }

  /** Lets ms pass, each with whatever follows from it. */
  async pass(ms: number): Promise<void> {
    for (const end = this.#now + ms; ; this.#now++) {
      for (const { due, wake } of this.#sleepers) if (due <= this.#now) wake();
      this.#sleepers = this.#sleepers.filter(({ due }) => due > this.#now);
      await turn();
      if (this.#now >= end) return;
    }
  }
}
