import { BitRateMeter, type BitRateReport } from './bit-rate-meter.js';
import type { Sample } from './sample.js';
import { type TimestampReport, TimestampTracker } from './timestamp-tracker.js';

/** The figures of any track. */
export interface TrackMeasures {
  readonly samples: number;
  /** Of all samples, without the headers of a container. */
  readonly bytes: number;
  readonly bitRate: BitRateReport;
  /** Left out for a track without samples. */
  readonly timestamps?: TimestampReport;
}

/** Settings that all tracks are measured with. */
export interface TrackOptions {
  readonly clock: 'file' | 'counted';
  /** ms */
  readonly gapThreshold: number;
}

/** Measures a track: how much there is of it, and when. */
export class TrackMeter {
  readonly timestamps: TimestampTracker;
  readonly #bitRate = new BitRateMeter();
  #samples = 0;

  constructor({ clock, gapThreshold }: TrackOptions) {
    this.timestamps = new TimestampTracker(clock, gapThreshold);
  }

  get samples(): number {
    return this.#samples;
  }

  see(sample: Sample): void {
    this.#samples++;
    this.timestamps.see(sample);
    this.#bitRate.see(sample.dts, sample.size);
  }

  report(): TrackMeasures {
    const timestamps = this.timestamps.report();
    return {
      samples: this.#samples,
      bytes: this.#bitRate.bytes,
      bitRate: this.#bitRate.report(this.timestamps.duration),
      ...(timestamps === undefined ? {} : { timestamps }),
    };
  }
}
