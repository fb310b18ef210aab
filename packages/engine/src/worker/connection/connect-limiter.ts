interface Waiter {
  admit(): void;
}

/**
 * Lets only so many connections be made at a time, so that a thousand channels that were lost together do not
 * fall on a server, and on this thread, in the same moment.
 */
export class ConnectLimiter {
  #limit: number;
  readonly #waiting = new Set<Waiter>();
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
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#waiting.delete(waiter);
        reject(signal.reason);
      };
      const waiter: Waiter = {
        admit: () => {
          signal.removeEventListener('abort', onAbort);
          resolve();
        },
      };
      this.#waiting.add(waiter);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  #leave(): void {
    const [next] = this.#waiting;
    if (next === undefined || this.#running > this.#limit) {
      this.#running--;
      return;
    }
    this.#waiting.delete(next);
    next.admit();
  }
}
