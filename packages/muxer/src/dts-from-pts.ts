/**
 * Decoding times for a caller that knows presentation times only. With a reorder depth of N pictures, the decoding
 * time of a picture is the smallest presentation time that is still waiting once N + 1 are there: it never steps back,
 * never exceeds the picture's own presentation time, and lags by N pictures at most. No packet is held for it.
 */
export class DtsFromPts {
  readonly #waiting: number[] = [];
  #last = Number.NEGATIVE_INFINITY;

  /**
   * @param pts ms
   * @param reorderDepth what the SPS tells; undefined: taken as 0, so that no delay is added that is not needed
   * @param frameDuration ms, which the first pictures are set apart by; undefined: 1
   */
  next(pts: number, reorderDepth: number | undefined, frameDuration: number | undefined): number {
    const depth = reorderDepth ?? 0;
    const missing = depth - this.#waiting.length;
    insertSorted(this.#waiting, pts);
    if (missing > 0) {
      const early = this.#waiting[0]! - missing * (frameDuration ?? 1);
      this.#last = Math.max(this.#last, early);
    } else {
      while (this.#waiting.length > depth + 1) this.#waiting.shift();
      this.#last = this.#waiting.shift()!;
    }
    return this.#last;
  }
}

/** At most 17 are waiting: insertion is the fastest way. */
function insertSorted(values: number[], value: number): void {
  let i = values.length;
  values.push(value);
  while (i > 0 && values[i - 1]! > value) {
    values[i] = values[i - 1]!;
    i--;
  }
  values[i] = value;
}
