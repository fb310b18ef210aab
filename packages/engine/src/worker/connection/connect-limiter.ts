import { abortableWait } from '../../base/abortable-wait.js';

/**
 * Lets only so many connections be made at a time, so that a thousand channels that were lost together do not
 * fall on a server, and on this thread, in the same moment.
 */
export class ConnectLimiter {
  #limit: number;
  readonly #waiting = new Set<() => void>();
  #running = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Those that are under way beyond a lower limit go on. */
  lower(limit: number): void {
    this.#limit = limit;
  }

  /** Runs `connect` when its turn has come. Rejects with the signal's reason when that fires before. */
  async run<T>(connect: () => Promise<T>, signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    if (this.#running < this.#limit) this.#running++;
    else await this.#turn(signal);
    try {
      signal.throwIfAborted();
      return await connect();
    } finally {
      this.#leave();
    }
  }

  /** Resolves when another one has handed its place over. */
  #turn(signal: AbortSignal): Promise<void> {
    return abortableWait(signal, ({ resolve }) => {
      this.#waiting.add(resolve);
      return () => this.#waiting.delete(resolve);
    });
  }

  #leave(): void {
    const [admit] = this.#waiting;
    if (admit === undefined || this.#running > this.#limit) {
      this.#running--;
      return;
    }
    this.#waiting.delete(admit);
    admit();
  }
}
