/** Decides on connections when the lease may be over. */
export type Isolation = 'fence' | 'continue';

/** The fence of a node, set by its lease. */
export interface NodeFence {
  readonly isolation: Isolation;
  /** The lease lasts for sure until then, in ms of the clock. */
  extend(until: number): void;
  /** Resets every connection now. */
  close(): void;
}
