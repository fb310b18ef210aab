/** How far a destination is from its end. */
export type Life =
  /** It takes tags, and connects. */
  | { readonly kind: 'open' }
  /** It takes nothing more. What it has must have left at the time `by`, in ms of the monotonic clock. */
  | { readonly kind: 'closing'; readonly by: number; readonly stopTimer: () => void }
  | { readonly kind: 'ended' };

/** Whether a destination's stream is being published. */
export type Connectivity =
  | { readonly kind: 'up' }
  /**
   * `isMove`: the stream has left its old connection in good order. `retry`: why there is none, and when the
   * next attempt is due, in ms of the monotonic clock; undefined: it may come at any time.
   */
  | {
      readonly kind: 'down';
      readonly isMove: boolean;
      readonly retry: { readonly cause: Error; readonly at: number } | undefined;
    };

export const ENDED: Life = { kind: 'ended' };
export const DOWN: Connectivity = { kind: 'down', isMove: false, retry: undefined };
export const MOVING: Connectivity = { kind: 'down', isMove: true, retry: undefined };
