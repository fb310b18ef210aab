import type { SegmentState } from '../../protocol/stream.js';

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

/** The segments of a channel: which one its source is in, and which of those before have yet to end at some destination. */
export class Segments {
  #number: number;
  #isOpen: boolean;
  readonly #ending = new Map<number, EndingSegment>();

  constructor({ number, isOpen }: SegmentState) {
    this.#number = number;
    this.#isOpen = isOpen;
  }

  get state(): SegmentState {
    return { number: this.#number, isOpen: this.#isOpen };
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** A segment is under way, and none of those before has yet to end at some destination. */
  get isSettled(): boolean {
    return this.#isOpen && this.#ending.size === 0;
  }

  /** The next segment begins. */
  start(): SegmentMark {
    this.#number++;
    this.#isOpen = true;
    return { border: 'start', number: this.#number };
  }

  /** The segment ends: the destinations with these numbers bring it there. */
  end(destinations: Iterable<number>): SegmentMark {
    this.#isOpen = false;
    this.#ending.set(this.#number, { waiting: new Set(destinations), arrived: false });
    return { border: 'end', number: this.#number };
  }

  /** A destination has brought a segment to its end. True when it was the last to do so. */
  settle(number: number, destination: number): boolean {
    const segment = this.#ending.get(number);
    if (segment === undefined || !segment.waiting.delete(destination)) return false;
    segment.arrived = true;
    return this.#isOver(number, segment);
  }

  /** A destination is over. Returns the segments that were waiting for it alone; one that nobody brought to its end has none. */
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
