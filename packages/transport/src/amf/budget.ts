import type { AmfLimits } from './value.js';

/** The size of a complex value, for those who refer to it. */
export interface Extent {
  /** Levels of nesting, itself included. */
  readonly height: number;
  /**
   * Values, itself included, those behind references counted each time: as many as a walk through it meets.
   */
  readonly values: number;
}

/**
 * Depth and size that a message may still reach: one for its AMF0 and its AMF3 values. References count as
 * what they refer to, so that few bytes cannot make a graph that no walk comes to the end of.
 */
export class AmfBudget {
  readonly #limits: AmfLimits;
  #depth = 0;
  #values = 0;
  /** The greatest depth since the last complex value began. */
  #deepest = 0;

  constructor(limits: AmfLimits) {
    this.#limits = limits;
  }

  /** The limits' names for what is too much, or undefined. */
  get exceeded(): keyof AmfLimits | undefined {
    if (this.#deepest > this.#limits.maxAmfDepth) return 'maxAmfDepth';
    return this.#values > this.#limits.maxAmfValues ? 'maxAmfValues' : undefined;
  }

  /** Counts a value that is about to be read. */
  count(): void {
    this.#values++;
  }

  /** Goes one level down; what it returns is for {@link leave}. */
  enter(): { readonly values: number; readonly deepest: number } {
    const before = { values: this.#values - 1, deepest: this.#deepest };
    this.#depth++;
    this.#deepest = this.#depth;
    return before;
  }

  leave(before: { readonly values: number; readonly deepest: number }): Extent {
    const extent = { height: this.#deepest - this.#depth + 1, values: this.#values - before.values };
    this.#depth--;
    this.#deepest = Math.max(this.#deepest, before.deepest);
    return extent;
  }

  /** Counts a reference as what it refers to. It has been counted as one value already. */
  refer(extent: Extent): void {
    this.#values += extent.values - 1;
    this.#deepest = Math.max(this.#deepest, this.#depth + extent.height);
  }
}
