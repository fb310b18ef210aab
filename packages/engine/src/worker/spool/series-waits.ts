import type { ErrorData } from '../../base/errors.js';

/** A wait for a series that another destination has. */
interface SeriesWait {
  readonly free: Promise<void>;
  resolve(): void;
  /** Another destination has the series, and does not end. */
  error: ErrorData | undefined;
  onHeld: ((error: ErrorData) => void) | undefined;
}

/** The engine's answers to destinations that wait for their series; one may come before it is waited for. */
export class SeriesWaits {
  readonly #waits = new Map<number, SeriesWait>();

  /** @param error undefined: the series is free */
  onAnswer(turn: number, error: ErrorData | undefined): void {
    const wait = this.#of(turn);
    if (error === undefined) wait.resolve();
    else if (wait.onHeld === undefined) wait.error = error;
    else wait.onHeld(error);
  }

  /** Resolves when the series is free. */
  async free(turn: number, onHeld: (error: ErrorData) => void): Promise<void> {
    const wait = this.#of(turn);
    wait.onHeld = onHeld;
    if (wait.error !== undefined) onHeld(wait.error);
    await wait.free;
    this.forget(turn);
  }

  /** Nobody waits any more. */
  forget(turn: number): void {
    this.#waits.delete(turn);
  }

  #of(turn: number): SeriesWait {
    let wait = this.#waits.get(turn);
    if (wait === undefined) {
      let resolve = (): void => {};
      const free = new Promise<void>((done) => {
        resolve = done;
      });
      wait = { free, resolve, error: undefined, onHeld: undefined };
      this.#waits.set(turn, wait);
    }
    return wait;
  }
}
