/** The length of an audio track by its samples, against its timestamps. */
export interface SampleClockReport {
  /** Length of the sound in front of the last frame, by counting samples, in ms. */
  readonly samples: number;
  /** The same by timestamps: from the first frame to the last. */
  readonly timestamps: number;
  /** timestamps − samples, in ms: above 0, sound is missing, or the clock of the timestamps runs fast. */
  readonly drift: number;
}

/** Compares the timestamps of an audio track with the number of its samples. */
export class SampleClock {
  #first = 0;
  #last = 0;
  #frames = 0;
  /** ms of sound up to the end of the last frame, and the length of that. */
  #counted = 0;
  #lastLength = 0;
  /** A frame has come whose length nobody knows. */
  #unknown = false;

  /**
   * @param dts ms
   * @param samples of one channel in this frame; undefined: the codec does not tell
   */
  see(dts: number, samples: number | undefined, sampleRate: number): void {
    if (this.#frames === 0) this.#first = dts;
    this.#frames++;
    this.#last = dts;
    this.#unknown ||= samples === undefined;
    this.#lastLength = ((samples ?? 0) * 1000) / sampleRate;
    this.#counted += this.#lastLength;
  }

  /** Undefined when frames have no known length, or there are too few to compare. */
  report(): SampleClockReport | undefined {
    if (this.#unknown || this.#frames < 2) return undefined;
    const samples = this.#counted - this.#lastLength;
    const timestamps = this.#last - this.#first;
    return { samples, timestamps, drift: timestamps - samples };
  }
}
