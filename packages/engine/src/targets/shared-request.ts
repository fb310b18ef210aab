import { abortableWait } from '../base/abortable-wait.js';
import type { Clock } from './clock.js';

/**
 * A piece of work that several wait for. It is given up when none of them does any more, or when it takes too
 * long.
 */
export class SharedRequest<T> {
  /** The outcome, for those who need not be waited for. */
  readonly outcome: Promise<T>;
  readonly #abort = new AbortController();
  #waiting = 0;
  #abandoned = false;

  /**
   * @param work need not heed its signal: when that has fired, nobody hears of what comes of it.
   * @param limit ms
   * @param tooLate makes the error when the limit has run out.
   */
  constructor(clock: Clock, work: (signal: AbortSignal) => Promise<T>, limit: number, tooLate: () => Error) {
    const { signal } = this.#abort;
    const stopTimer = clock.after(limit, () => this.abort(tooLate()), true);
    const outcome = new Promise<T>((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      work(signal).then(resolve, reject);
    });
    this.outcome = outcome.finally(stopTimer);
  }

  /** True when those who waited have left. */
  get abandoned(): boolean {
    return this.#abandoned;
  }

  /** Gives the work up, for all who wait. */
  abort(reason: Error): void {
    this.#abort.abort(reason);
  }

  /** Waits for the outcome. Rejects with the signal's reason when that fires before; the others wait on. */
  join(signal?: AbortSignal): Promise<T> {
    this.#waiting++;
    return abortableWait(signal, ({ resolve, reject }) => {
      this.outcome.then(resolve, reject);
      return () => {
        if (--this.#waiting > 0) return;
        this.#abandoned = true;
        this.#abort.abort(signal?.reason);
      };
    });
  }
}
