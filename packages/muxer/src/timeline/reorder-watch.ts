/** A picture's place in output order, and when it is shown. */
interface Place {
  readonly order: number;
  readonly pts: number;
}

/** No decoder holds back more pictures than this (ISO/IEC 14496-10 §A.3.1, ISO/IEC 23008-2 §A.4.2). */
const MAX_DEPTH = 16;
/**
 * So many pictures in a row with the same distance, and none between them: that is the distance of
 * neighbours.
 */
const SAME_GAPS = 4;

/**
 * Watches the picture order counts of a stream that does not tell its reorder depth: how many pictures it has
 * held back so far, and whether pictures are still to come that are shown before one which has come. From
 * those that are missing a decoding time must keep away.
 */
export class ReorderWatch {
  /** The most pictures so far that came before one and are shown after it. */
  depth = 0;
  /**
   * Time at which the first picture is shown that must still come, as far as can be told, in ms; Infinity:
   * none must.
   */
  bound = Number.POSITIVE_INFINITY;
  /** The picture that is shown last of all, and the one that was it before. */
  #last: Place | undefined;
  #base: Place | undefined;
  /** Pictures that came after the last one and are shown before it, in output order. */
  readonly #between: Place[] = [];
  /** Picture order count from one picture to the next that is shown. */
  #unit: number;
  #gap = 0;
  #gaps = 0;

  /** @param unit what it is as a rule: 2 in H.264, where fields count, 1 in H.265 */
  constructor(unit: number) {
    this.#unit = unit;
  }

  /** Forgets the pictures, whose times mean nothing any more, and keeps what they have taught. */
  restart(): void {
    this.#last = undefined;
    this.#base = undefined;
    this.#between.length = 0;
    this.bound = Number.POSITIVE_INFINITY;
  }

  /**
   * Takes the next picture in decoding order.
   * @param order its picture order count; NaN: not known
   * @param reset all pictures before it are shown before it
   */
  see(order: number, reset: boolean, pts: number): void {
    if (Number.isNaN(order)) {
      this.restart();
      return;
    }
    if (reset || this.#last === undefined) {
      this.restart();
      this.#last = { order, pts };
      return;
    }
    if (order > this.#last.order) this.#goOn({ order, pts });
    else this.#goBack({ order, pts });
    this.bound = this.#firstMissing();
  }

  #goOn(place: Place): void {
    const gap = place.order - this.#last!.order;
    this.#gaps = gap === this.#gap && this.#between.length === 0 ? this.#gaps + 1 : 0;
    this.#gap = gap;
    if (gap < this.#unit || this.#gaps >= SAME_GAPS) this.#unit = gap;
    else if (this.#between.length > 0) this.#unit = this.#smallestDistance();
    this.#base = this.#last;
    this.#last = place;
    this.#between.length = 0;
  }

  /** Of the pictures between the last two that were shown behind all others. */
  #smallestDistance(): number {
    let smallest = Number.POSITIVE_INFINITY;
    let before = this.#base;
    for (const place of this.#between) {
      if (before !== undefined) smallest = Math.min(smallest, place.order - before.order);
      before = place;
    }
    smallest = Math.min(smallest, this.#last!.order - before!.order);
    return smallest > 0 ? smallest : this.#unit;
  }

  #goBack(place: Place): void {
    const { order } = place;
    let at = this.#between.length;
    while (at > 0 && this.#between[at - 1]!.order > order) at--;
    const later = this.#between.length - at + 1;
    this.depth = Math.min(MAX_DEPTH, Math.max(this.depth, later));
    if (this.#between.length >= 2 * MAX_DEPTH) this.#between.length = 0;
    else this.#between.splice(at, 0, place);
    const before = at > 0 ? this.#between[at - 1]! : this.#base;
    const after = this.#between[at + 1] ?? this.#last!;
    if (before !== undefined) this.#narrow(order - before.order);
    this.#narrow(after.order - order);
  }

  #narrow(distance: number): void {
    if (distance > 0 && distance < this.#unit) this.#unit = distance;
  }

  #firstMissing(): number {
    if (this.#base === undefined) return Number.POSITIVE_INFINITY;
    let shown = this.#base;
    for (const place of this.#between) {
      if (place.order - shown.order > this.#unit) return this.#timeBehind(shown, place);
      shown = place;
    }
    const last = this.#last!;
    return last.order - shown.order > this.#unit ? this.#timeBehind(shown, last) : Number.POSITIVE_INFINITY;
  }

  /**
   * Returns the time at which the picture behind `shown` is shown, of those that are missing in front of
   * `next`.
   */
  #timeBehind(shown: Place, next: Place): number {
    return shown.pts + ((next.pts - shown.pts) * this.#unit) / (next.order - shown.order);
  }
}
