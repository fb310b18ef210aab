import { Spread, type SpreadReport } from './spread.js';

/** The groups of pictures of a track: each is a key frame and what follows it up to the next. */
export interface GopReport {
  readonly count: number;
  /** Pictures in a group, of those that another key frame ends; left out when there is none. */
  readonly pictures?: SpreadReport;
  /** From one key frame to the next by decoding time, in ms; left out when there is one at most. */
  readonly duration?: SpreadReport;
  /**
   * Groups with pictures that are shown before their key frame, and may need the group before to be decoded.
   */
  readonly open: number;
  /** Pictures before the first key frame: nobody can decode them. */
  readonly picturesBeforeFirst: number;
  /** Pictures of the last group, which the end of the track cuts off. */
  readonly picturesInLast: number;
}

/** Counts groups of pictures. */
export class GopCounter {
  readonly #pictures = new Spread();
  readonly #durations = new Spread();
  #count = 0;
  #open = 0;
  #picturesBeforeFirst = 0;
  // The group at hand.
  #size = 0;
  #dts = 0;
  #pts = 0;
  #isOpen = false;

  see(keyFrame: boolean, dts: number, pts: number): void {
    if (keyFrame) {
      this.#begin(dts, pts);
    } else if (this.#count === 0) {
      this.#picturesBeforeFirst++;
    } else {
      this.#size++;
      if (pts < this.#pts && !this.#isOpen) {
        this.#isOpen = true;
        this.#open++;
      }
    }
  }

  report(): GopReport {
    const pictures = this.#pictures.report();
    const duration = this.#durations.report();
    return {
      count: this.#count,
      ...(pictures === undefined ? {} : { pictures }),
      ...(duration === undefined ? {} : { duration }),
      open: this.#open,
      picturesBeforeFirst: this.#picturesBeforeFirst,
      picturesInLast: this.#size,
    };
  }

  #begin(dts: number, pts: number): void {
    if (this.#count > 0) {
      this.#pictures.add(this.#size);
      this.#durations.add(dts - this.#dts);
    }
    this.#count++;
    this.#size = 1;
    this.#dts = dts;
    this.#pts = pts;
    this.#isOpen = false;
  }
}
