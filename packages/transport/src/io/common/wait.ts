/** Ends a wait before its time: each way with an error of its own. */
export interface WaitLimits {
  readonly signal: AbortSignal | undefined;
  /** The error when the signal fires. Default: its reason. */
  readonly aborted?: () => unknown;
  /** Milliseconds. Left out: as long as it takes. */
  readonly timeout?: number;
  /** The error when the time-out has passed. */
  readonly late?: () => unknown;
}

/**
 * Settles as `work` does, unless the signal fires or the time-out passes first: then it rejects, and how
 * `work` ends is told to nobody. No listener and no timer stays behind. The one wait that can be given up,
 * for all of io/.
 */
export function waitFor<T>(work: Promise<T>, { signal, aborted, timeout, late }: WaitLimits): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      end();
      reject(aborted === undefined ? signal?.reason : aborted());
    };
    const timer =
      timeout === undefined
        ? undefined
        : setTimeout(() => {
            end();
            reject(late?.());
          }, timeout);
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    };
    work.then(
      (value) => {
        end();
        resolve(value);
      },
      (error: unknown) => {
        end();
        reject(error);
      },
    );
    if (signal?.aborted) onAbort();
    else signal?.addEventListener('abort', onAbort);
  });
}
