import { BoundedList, type ListReport } from './bounded-list.js';

/** A place where a track has nothing for longer than it should. */
export interface Gap {
  /** Offset of the sample behind the gap, in bytes. */
  readonly offset: number;
  /** Decoding time of the sample before it, in ms. */
  readonly at: number;
  /** From one sample to the next, in ms. */
  readonly length: number;
}

export interface GapReport extends ListReport<Gap> {
  /** Two samples that are further apart than this, in ms, have a gap between them. */
  readonly threshold: number;
  /** ms; 0: there is none. */
  readonly longest: number;
}

/** Finds the places where the next sample of a track comes late. */
export class GapFinder {
  readonly #threshold: number;
  readonly #gaps = new BoundedList<Gap>();
  #longest = 0;

  /** @param threshold ms */
  constructor(threshold: number) {
    this.#threshold = threshold;
  }

  /** @param length from the sample before to this one, in ms */
  see(offset: number, at: number, length: number): void {
    if (length <= this.#threshold) return;
    this.#longest = Math.max(this.#longest, length);
    this.#gaps.add({ offset, at, length });
  }

  report(): GapReport {
    return { threshold: this.#threshold, longest: this.#longest, ...this.#gaps.report() };
  }
}
