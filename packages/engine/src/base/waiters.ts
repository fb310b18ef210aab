import { abortableWait } from './abortable-wait.js';

/** Calls that wait for the next change of something. */
export class Waiters {
  readonly #waiting = new Set<() => void>();

  /** Resolves with the next {@link wake}; rejects with the signal's reason. */
  next(signal: AbortSignal | undefined): Promise<void> {
    return abortableWait(signal, ({ resolve }) => {
      this.#waiting.add(resolve);
      return () => this.#waiting.delete(resolve);
    });
  }

  wake(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const onChange of waiting) onChange();
  }
}
