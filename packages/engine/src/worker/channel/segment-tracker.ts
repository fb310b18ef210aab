/** A tag's place at the border of two segments, and the number of the one that it belongs to. */
export interface SegmentMark {
  readonly border: 'start' | 'end';
  readonly number: number;
}

interface EndingSegment {
  /** Numbers of the destinations that have not brought it to its end. */
  readonly waiting: Set<number>;
  /** A destination has. */
  arrived: boolean;
}

/** The segments of a channel that have ended at their source, and have yet to end at some destination. */
export class SegmentTracker {
  readonly #ending = new Map<number, EndingSegment>();

  /** Every segment that has ended has done so at each destination. */
  get isEmpty(): boolean {
    return this.#ending.size === 0;
  }

  /** A segment has ended: the destinations with these numbers bring it there. */
  add(number: number, destinations: Iterable<number>): void {
    this.#ending.set(number, { waiting: new Set(destinations), arrived: false });
  }

  /**
   * A destination has brought a segment to its end.
   * @returns true when it was the last to do so
   */
  settle(number: number, destination: number): boolean {
    const segment = this.#ending.get(number);
    if (segment === undefined || !segment.waiting.delete(destination)) return false;
    segment.arrived = true;
    return this.#isOver(number, segment);
  }

  /**
   * A destination is over.
   * @returns the segments that were waiting for it alone, but for those that nobody has brought to their end
   */
  leave(destination: number): number[] {
    const over: number[] = [];
    for (const [number, segment] of this.#ending) {
      if (segment.waiting.delete(destination) && this.#isOver(number, segment)) over.push(number);
    }
    return over;
  }

  #isOver(number: number, { waiting, arrived }: EndingSegment): boolean {
    if (waiting.size > 0) return false;
    this.#ending.delete(number);
    return arrived;
  }
}
