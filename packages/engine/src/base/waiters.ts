/** Calls that wait for the next change of something. */
export class Waiters {
  readonly #waiting = new Set<() => void>();

  /** Resolves with the next {@link wake}; rejects with the signal's reason. */
  next(signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#waiting.delete(onChange);
        reject(signal?.reason);
      };
      const onChange = (): void => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      };
      this.#waiting.add(onChange);
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  wake(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const onChange of waiting) onChange();
  }
}
