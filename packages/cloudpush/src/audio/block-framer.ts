/** Samples of a block, for each channel: what an AAC frame holds (ISO/IEC 14496-3 §4.5.1.1). */
const BLOCK_SAMPLES = 1024;

/** Times are no more exact than this, in ms: a step of less is followed, and no gap. */
const TOLERANCE = 15;

/** Samples that are encoded together. */
export interface SampleBlock {
  /** Of all channels, interleaved. */
  readonly samples: Int16Array<ArrayBuffer>;
  /** Time of the first sample, in ms. */
  readonly pts: number;
}

/**
 * Puts samples together to blocks, each with the time of its first one. A gap shorter than what is left of a
 * block becomes silence of its length; a longer one is filled up to the end of the block, and the next block
 * begins where the samples go on.
 */
export class BlockFramer {
  readonly #channels: number;
  readonly #rate: number;
  readonly #emit: (block: SampleBlock) => void;
  #samples: Int16Array<ArrayBuffer>;
  /** Samples of each channel that the block has. */
  #filled = 0;
  #pts = 0;
  /** When the next samples are due, in ms. */
  #expected = Number.NaN;

  /** @param rate samples a second */
  constructor(rate: number, channels: number, emit: (block: SampleBlock) => void) {
    this.#rate = rate;
    this.#channels = channels;
    this.#emit = emit;
    this.#samples = new Int16Array(BLOCK_SAMPLES * channels);
  }

  /**
   * @param samples of all channels, interleaved
   * @param pts time of the first one, in ms
   */
  add(samples: Int16Array, pts: number): void {
    this.#bridge(pts - this.#expected);
    const channels = this.#channels;
    const count = Math.floor(samples.length / channels);
    for (let done = 0; done < count; ) {
      if (this.#filled === 0) this.#pts = pts + (done * 1000) / this.#rate;
      const taken = Math.min(count - done, BLOCK_SAMPLES - this.#filled);
      const part = samples.subarray(done * channels, (done + taken) * channels);
      this.#samples.set(part, this.#filled * channels);
      done += taken;
      this.#advance(taken);
    }
    this.#expected = pts + (count * 1000) / this.#rate;
  }

  /** No more samples come: the last block ends in silence. */
  end(): void {
    if (this.#filled > 0) this.#advance(BLOCK_SAMPLES - this.#filled);
  }

  /**
   * @param step ms from where the samples before ended to where the next ones begin; NaN: there are none
   * before
   */
  #bridge(step: number): void {
    if (this.#filled === 0 || !(Math.abs(step) > TOLERANCE)) return;
    const left = BLOCK_SAMPLES - this.#filled;
    const missing = Math.round((step * this.#rate) / 1000);
    // The clock was set back: what was begun ends, and a block begins with the new times.
    this.#advance(step < 0 ? left : Math.min(missing, left));
  }

  #advance(count: number): void {
    this.#filled += count;
    if (this.#filled < BLOCK_SAMPLES) return;
    this.#emit({ samples: this.#samples, pts: this.#pts });
    this.#samples = new Int16Array(BLOCK_SAMPLES * this.#channels);
    this.#filled = 0;
  }
}
