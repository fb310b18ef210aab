/** One who waits, and is told of one of the two, once. */
export interface Waiter<T = void> {
  readonly resolve: (value: T) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Waits until told, or until a signal fires: it then rejects with the signal's reason.
 * @param enter has `waiter` told later, and returns what takes it out again when the signal fires
 */
export function abortableWait<T = void>(
  signal: AbortSignal | undefined,
  enter: (waiter: Waiter<T>) => () => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const settle = (): void => signal?.removeEventListener('abort', onAbort);
    const leave = enter({
      resolve: (value) => {
        settle();
        resolve(value);
      },
      reject: (reason) => {
        settle();
        reject(reason);
      },
    });
    const onAbort = (): void => {
      leave();
      reject(signal?.reason);
    };
    if (signal?.aborted) onAbort();
    else signal?.addEventListener('abort', onAbort, { once: true });
  });
}
