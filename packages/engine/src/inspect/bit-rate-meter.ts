/** Bits a second. */
export interface BitRateReport {
  /** Over the whole of the track; left out where it has no duration. */
  readonly mean?: number;
  /** The most in any second, looked at in steps of 100 ms; left out for tracks of less than a second. */
  readonly peak?: number;
}

/** ms of a step, and steps in the second that slides over the track. */
const STEP = 100;
const STEPS = 10;

/**
 * Measures the bit rate of a track, by decoding time. What it remembers is a second long, however much there
 * is in it.
 */
export class BitRateMeter {
  readonly #window = new Float64Array(STEPS);
  /** The number of the latest step, since the clock's 0. */
  #step = Number.NEGATIVE_INFINITY;
  #windowBytes = 0;
  #peakBytes = 0;
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  /** @param dts ms */
  see(dts: number, size: number): void {
    this.#bytes += size;
    this.#moveTo(Math.floor(dts / STEP));
    this.#window[this.#slot] = this.#window[this.#slot]! + size;
    this.#windowBytes += size;
    this.#peakBytes = Math.max(this.#peakBytes, this.#windowBytes);
  }

  /** @param duration of the track, in ms */
  report(duration: number): BitRateReport {
    return {
      ...(duration > 0 ? { mean: (this.#bytes * 8000) / duration } : {}),
      ...(duration >= STEP * STEPS ? { peak: this.#peakBytes * 8 } : {}),
    };
  }

  get #slot(): number {
    const slot = this.#step % STEPS;
    return slot < 0 ? slot + STEPS : slot;
  }

  /** Empties the steps that leave the window; a step back, and a long gap, empty it whole. */
  #moveTo(step: number): void {
    if (step < this.#step || step >= this.#step + STEPS) {
      this.#window.fill(0);
      this.#windowBytes = 0;
      this.#step = step;
      return;
    }
    while (this.#step < step) {
      this.#step++;
      this.#windowBytes -= this.#window[this.#slot]!;
      this.#window[this.#slot] = 0;
    }
  }
}
