/** How much later than expected a key frame must be shown for the times from before it to count as stale, ms. */
const pauseSlack = 1000;
/** The same for other pictures. */
const gapSlack = 10_000;

/**
 * Decoding times for a caller that knows presentation times only. With a reorder depth of N pictures, the decoding
 * time of a picture is the smallest presentation time that is still waiting once N + 1 are there: it never exceeds the
 * picture's own presentation time, and lags by N pictures at most. It steps back only when the presentation time itself
 * lies before what was given out already, which the timeline repairs. No packet is held for it.
 *
 * `propose` changes nothing that is given out later; `accept` follows when the picture has been taken.
 */
export class DtsFromPts {
  #waiting: number[] = [];
  /** What `propose` has worked on; becomes `#waiting` when the picture is taken. */
  #proposed: number[] = [];
  #proposal = 0;
  #last = Number.NEGATIVE_INFINITY;

  /**
   * @param pts ms
   * @param reorderDepth what the SPS tells; undefined: taken as 0, so that no delay is added that is not needed
   * @param frameDuration ms, which the first pictures are set apart by; undefined: 1
   * @param keyFrame whether older presentation times may be forgotten when this one comes long after them
   * @param earliest the smallest decoding time that the timeline permits; the shift of the first pictures ends there
   */
  propose(
    pts: number,
    reorderDepth: number | undefined,
    frameDuration: number | undefined,
    keyFrame: boolean,
    earliest: number,
  ): number {
    const depth = reorderDepth ?? 0;
    const duration = frameDuration ?? 1;
    const slack = keyFrame ? pauseSlack : gapSlack;
    const paused = pts > this.#last + (depth + 1) * duration + slack;
    const times = this.#proposed;
    times.length = 0;
    if (!paused) for (const time of this.#waiting) times.push(time);
    const missing = depth - times.length;
    insertSorted(times, pts);
    let dts = times[0]! - Math.max(0, missing) * duration;
    if (missing <= 0) {
      while (times.length > depth + 1) times.shift();
      dts = times.shift()!;
    }
    this.#proposal = Math.min(pts, Math.max(dts, this.#last, earliest));
    return this.#proposal;
  }

  /** The picture that `propose` was last called for goes out. */
  accept(): void {
    const free = this.#waiting;
    this.#waiting = this.#proposed;
    this.#proposed = free;
    this.#last = Math.max(this.#last, this.#proposal);
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
