/** Delay of a key frame, in ms, from which the times from before it count as stale. */
const PAUSE_SLACK = 1000;
/** The same for other pictures. */
const GAP_SLACK = 10_000;

/** Place of a picture in the order of presentation, as far as it had to be looked up. */
export interface PictureOrder {
  /** The most pictures so far that came before one and are shown after it. */
  readonly depth: number;
  /** Time at which a picture is shown that is still to come, in ms; Infinity: none must come. */
  readonly bound: number;
}

/** A part of the time up to the next picture that is shown: others may have to find room there, too. */
const SHARE = 4;

/**
 * Decoding times for a caller that knows presentation times only. With a reorder depth of N pictures, the
 * decoding time of a picture is the smallest presentation time that is still waiting once N + 1 are there: it
 * never exceeds the picture's own presentation time, and lags by N pictures at most. It steps back only when
 * the presentation time itself lies before what was given out already, which the timeline repairs. No packet
 * is held for it.
 *
 * `propose` changes nothing that is given out later; `accept` follows when the picture has been taken.
 */
export class DtsFromPts {
  #waiting: number[] = [];
  /** The times that `propose` has worked on; becomes `#waiting` when the picture is taken. */
  #proposed: number[] = [];
  #proposal = 0;
  #last = Number.NEGATIVE_INFINITY;

  /**
   * @param pts ms
   * @param reorderDepth what the SPS tells; undefined: what the pictures have shown so far, so that no delay
   *   is added that is not needed
   * @param order what picture order counts tell; undefined: nothing
   * @param frameDuration ms, which the first pictures are set apart by; undefined: 1
   * @param keyFrame whether older presentation times may be forgotten when this one comes long after them
   * @param earliest the smallest decoding time that the timeline permits; the shift of the first pictures
   *   ends there
   */
  propose(
    pts: number,
    reorderDepth: number | undefined,
    order: PictureOrder | undefined,
    frameDuration: number | undefined,
    keyFrame: boolean,
    earliest: number,
  ): number {
    const depth = Math.max(reorderDepth ?? 0, order === undefined ? 0 : order.depth);
    const duration = frameDuration ?? 1;
    const slack = keyFrame ? PAUSE_SLACK : GAP_SLACK;
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
    if (order !== undefined) dts = this.#inFrontOf(order.bound, dts, pts);
    this.#proposal = Math.min(pts, Math.max(dts, this.#last, earliest));
    return this.#proposal;
  }

  /** A decoding time that leaves room for pictures which are still to come and shown from `bound` on. */
  #inFrontOf(bound: number, dts: number, pts: number): number {
    if (dts > this.#last && dts <= pts && dts < bound) return dts;
    const limit = Math.min(pts, bound);
    return limit > this.#last && this.#last !== Number.NEGATIVE_INFINITY
      ? this.#last + (limit - this.#last) / SHARE
      : dts;
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
