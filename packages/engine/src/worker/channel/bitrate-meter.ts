const SLICE_MS = 500;
/** 4 s: long enough for a group of pictures of the usual length. */
const SLICES = 8;
/** Before 2 s have been seen, a rate would be that of little more than a key frame. */
const LEAST_SLICES = 4;

/**
 * The bit rate of a track: bytes for each second of the stream's own clock, over the last seconds. Not of the
 * wall clock: a source that has fallen behind and hurries has no other bit rate for it.
 */
export class BitrateMeter {
  /** Bytes of the last finished slices, as a ring. */
  readonly #slices = new Float64Array(SLICES);
  #finished = 0;
  #bytes = 0;
  /** ms of the slice that is not finished. */
  #elapsed = 0;
  #last: number | undefined;

  /**
   * @param timestamp ms on the stream's 32-bit clock. A step back, or over more than is looked at, starts
   *   anew.
   */
  add(bytes: number, timestamp: number): void {
    const step = this.#last === undefined ? 0 : (timestamp - this.#last) | 0;
    this.#last = timestamp;
    if (step < 0 || step > SLICES * SLICE_MS) this.#reset();
    else this.#elapsed += step;
    for (; this.#elapsed >= SLICE_MS; this.#elapsed -= SLICE_MS) this.#finishSlice();
    this.#bytes += bytes;
  }

  /** bit/s; undefined until enough has been seen. */
  get rate(): number | undefined {
    if (this.#finished < LEAST_SLICES) return undefined;
    const count = Math.min(this.#finished, SLICES);
    const total = this.#slices.reduce((sum, bytes) => sum + bytes, 0);
    return Math.round((total * 8000) / (count * SLICE_MS));
  }

  #finishSlice(): void {
    this.#slices[this.#finished % SLICES] = this.#bytes;
    this.#finished++;
    this.#bytes = 0;
  }

  #reset(): void {
    this.#slices.fill(0);
    this.#finished = 0;
    this.#bytes = 0;
    this.#elapsed = 0;
  }
}
