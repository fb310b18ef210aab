/** Time of a cluster's node, so that tests have their own. */
export interface ClusterClock {
  /** ms from any origin, never going back, and going on while the machine is suspended. */
  now(): number;
  /** Calls `callback` after so many ms, unless it is cancelled before. @returns cancels */
  after(ms: number, callback: () => void): () => void;
}
