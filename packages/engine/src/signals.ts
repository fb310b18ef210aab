/** How long something may take that the caller waits for. */
export interface CloseOptions {
  /** Ends the wait: what has not ended by then is aborted. */
  readonly signal?: AbortSignal | undefined;
}

/** Calls `listener` when the signal fires, or now when it has. Returns what stops that. */
export function whenAborted(
  signal: AbortSignal | undefined,
  listener: (reason: unknown) => void,
): () => void {
  if (signal === undefined) return () => {};
  const onAbort = (): void => listener(signal.reason);
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  return () => signal.removeEventListener('abort', onAbort);
}

/** Settles as `promise`, or rejects with the signal's reason when that fires before. */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  let stop = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = whenAborted(signal, reject);
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    stop();
  }
}
