import { checkedOptions, invalidParameter, invalidType } from './validation.js';

/** Bound on the time that the caller waits for something. */
export interface CloseOptions {
  /** Ends the wait: what has not ended by then is aborted. */
  readonly signal?: AbortSignal | undefined;
}

/** Bound on the end of a channel. */
export interface ChannelCloseOptions extends CloseOptions {
  /**
   * With a `source`: goes on until the picture before the next key frame, for so many ms at most, 1 to
   * 60,000, so that whoever goes on with the same camera at a key frame sends no picture twice; without
   * pictures, until the next sound. Default: ends now.
   */
  readonly untilKeyFrame?: number | undefined;
}

/**
 * The signal, if it is one: also of another realm, or of a library.
 * @throws CloudPushError `ERR_CLOUDPUSH_INVALID_PARAMETER`
 */
export function checkedSignal(given: unknown): AbortSignal | undefined {
  if (given === undefined) return undefined;
  const { aborted, addEventListener, removeEventListener } = (given ?? {}) as Partial<AbortSignal>;
  const isSignal =
    typeof aborted === 'boolean' &&
    typeof addEventListener === 'function' &&
    typeof removeEventListener === 'function';
  if (isSignal) return given as AbortSignal;
  if (given instanceof AbortController)
    throw invalidParameter('signal', 'an AbortController', 'an AbortSignal, as its `signal` is one');
  throw invalidType('signal', given, 'an AbortSignal');
}

/** @throws CloudPushError `ERR_CLOUDPUSH_INVALID_PARAMETER` */
export function checkedCloseSignal(options: CloseOptions): AbortSignal | undefined {
  return checkedSignal(checkedOptions('', options, { signal: true }).signal);
}

/** Calls `listener` when the signal fires, or now when it has. Returns what stops that. */
export function whenAborted(
  signal: AbortSignal | undefined,
  listener: (reason: unknown) => void,
): () => void {
  if (signal === undefined) return () => {};
  const onAbort = (): void => listener(signal.reason);
  if (signal.aborted) onAbort();
  else {
    try {
      signal.addEventListener('abort', onAbort, { once: true });
    } catch (error) {
      // One that cannot be listened to could not end what it is to end.
      listener(error);
    }
  }
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
