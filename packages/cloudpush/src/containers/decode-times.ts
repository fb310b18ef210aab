/**
 * Pictures that may have to be known before the first decoding time is: the deepest reordering of H.264 and
 * H.265 is 16 (A.3, A.4.2).
 */
export const REORDER_WINDOW = 17;

/**
 * Derives decoding times from presentation times in order of decoding, as of a container whose reader tells
 * no others: the times are those of presentation in rising order, moved back by as many pictures as the
 * stream reorders.
 *
 * The reordering is taken from the first pictures. Where it grows afterwards, a decoding time is held back to
 * the presentation time, and never falls.
 */
export class DecodeTimes {
  /** Presentation times of pictures that are not stamped yet, in order of decoding, in ms. */
  readonly #waiting: number[] = [];
  /** The same and those that have not been used as a decoding time yet, in rising order. */
  readonly #rising: number[] = [];
  #last = Number.NEGATIVE_INFINITY;
  #isMeasured = false;

  /** Pictures that have been added and wait for their decoding times. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Adds the next picture in order of decoding. */
  add(pts: number): void {
    this.#waiting.push(pts);
    insert(this.#rising, pts);
  }

  /**
   * The decoding time of the oldest picture that waits, in ms; call it with `REORDER_WINDOW` of them waiting,
   * or at the end of the stream.
   */
  take(): number {
    if (!this.#isMeasured) this.#measure();
    const pts = this.#waiting.shift()!;
    const dts = Math.max(this.#last, Math.min(this.#rising.shift()!, pts));
    this.#last = dts;
    return dts;
  }

  /** Puts as many times in front as the stream reorders pictures, at the distance of the first two. */
  #measure(): void {
    this.#isMeasured = true;
    const depth = reorderDepth(this.#waiting, this.#rising);
    const [first = 0, second = first] = this.#rising;
    const interval = second - first;
    for (let i = 1; i <= depth; i++) this.#rising.unshift(first - i * interval);
  }
}

/**
 * Number of pictures by which the times in rising order must be late, so that none is decoded after it is
 * shown.
 */
function reorderDepth(decoded: readonly number[], rising: readonly number[]): number {
  return decoded.reduce((depth, pts, index) => Math.max(depth, index - rising.indexOf(pts)), 0);
}

function insert(rising: number[], pts: number): void {
  let at = rising.length;
  while (at > 0 && rising[at - 1]! > pts) at--;
  rising.splice(at, 0, pts);
}
