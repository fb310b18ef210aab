import { BoundedList, type ListReport } from './bounded-list.js';
import { GapFinder, type GapReport } from './gap-finder.js';
import type { Sample } from './sample.js';
import { Spread, type SpreadReport } from './spread.js';

/** A sample whose decoding time lies before that of the sample in front of it. */
export interface StepBack {
  /** Offset of the sample, in bytes. */
  readonly offset: number;
  /** Its decoding time, in ms. */
  readonly at: number;
  /** Step back, in ms: more than 0. */
  readonly by: number;
}

/** The times of a track, in ms. */
export interface TimestampReport {
  /** `file`: as they stand in the file; `counted`: the file has none, and frames are counted. */
  readonly clock: 'file' | 'counted';
  /** Decoding times of the first and the last sample in the order of the file. */
  readonly first: number;
  readonly last: number;
  /** From the earliest sample to the end of the latest one, which is taken to last as long as the mean. */
  readonly duration: number;
  /** From one sample to the next; left out for a single one. */
  readonly interval?: SpreadReport;
  /** Presentation time − decoding time. */
  readonly compositionOffset: { readonly min: number; readonly max: number };
  readonly stepsBack: ListReport<StepBack>;
  readonly gaps: GapReport;
}

/** Follows the timestamps of a track. */
export class TimestampTracker {
  readonly #clock: 'file' | 'counted';
  readonly #gaps: GapFinder;
  readonly #stepsBack = new BoundedList<StepBack>();
  readonly #intervals = new Spread();
  readonly #times = new Spread();
  readonly #offsets = new Spread();
  readonly #presentation = new Spread();
  #samples = 0;
  #first = 0;
  #last = 0;
  #firstShown = 0;

  /** @param gapThreshold ms */
  constructor(clock: 'file' | 'counted', gapThreshold: number) {
    this.#clock = clock;
    this.#gaps = new GapFinder(gapThreshold);
  }

  /** Presentation time of the first sample, in ms. */
  get start(): number {
    return this.#firstShown;
  }

  /** End of the last sample to be shown, in ms. */
  get end(): number {
    return this.#presentation.max + this.interval;
  }

  /** From the earliest decoding time to the end of the latest sample, in ms. */
  get duration(): number {
    return this.#span + this.interval;
  }

  /** Mean time from one sample to the next, in ms; 0 for a single one. */
  get interval(): number {
    return this.#samples < 2 ? 0 : this.#span / (this.#samples - 1);
  }

  see({ offset, dts, pts }: Pick<Sample, 'offset' | 'dts' | 'pts'>): void {
    if (this.#samples === 0) {
      this.#first = dts;
      this.#firstShown = pts;
    } else {
      this.#seeInterval(offset, dts);
    }
    this.#samples++;
    this.#last = dts;
    this.#times.add(dts);
    this.#presentation.add(pts);
    this.#offsets.add(pts - dts);
  }

  /** Undefined when no sample was seen. */
  report(): TimestampReport | undefined {
    const offsets = this.#offsets.report();
    if (offsets === undefined) return undefined;
    const interval = this.#intervals.report();
    return {
      clock: this.#clock,
      first: this.#first,
      last: this.#last,
      duration: this.duration,
      ...(interval === undefined ? {} : { interval }),
      compositionOffset: { min: offsets.min, max: offsets.max },
      stepsBack: this.#stepsBack.report(),
      gaps: this.#gaps.report(),
    };
  }

  #seeInterval(offset: number, dts: number): void {
    const interval = dts - this.#last;
    this.#intervals.add(interval);
    this.#gaps.see(offset, this.#last, interval);
    if (interval < 0) {
      this.#stepsBack.add({ offset, at: dts, by: -interval });
    }
  }

  get #span(): number {
    const times = this.#times.report();
    return times === undefined ? 0 : times.max - times.min;
  }
}
