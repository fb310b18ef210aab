/** One frame of an audio elementary stream. */
export interface AudioFrame {
  /** The whole frame, header included. */
  readonly data: Uint8Array;
  /** Offset in the stream, in bytes. */
  readonly offset: number;
  /** Bytes since the frame before that belong to no frame and no tag. */
  readonly skippedBytes: number;
  /** Hz. */
  readonly sampleRate: number;
  readonly channels: number;
  /** Samples of one channel. */
  readonly samples: number;
  /** ms from the start of the stream, by counting samples: not rounded. */
  readonly time: number;
}

/** Time by counting samples, so that rounding errors do not add up; the rate may change on the way. */
export class SampleClock {
  #base = 0;
  #samples = 0;
  #sampleRate = 0;

  /** ms at which the next samples begin; they are counted with that. */
  next(samples: number, sampleRate: number): number {
    if (sampleRate !== this.#sampleRate) {
      if (this.#samples > 0) this.#base += (this.#samples * 1000) / this.#sampleRate;
      this.#samples = 0;
      this.#sampleRate = sampleRate;
    }
    const time = this.#base + (this.#samples * 1000) / sampleRate;
    this.#samples += samples;
    return time;
  }
}
