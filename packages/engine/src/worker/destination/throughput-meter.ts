/** Without growth for so long, in ms, the kernel has taken all that it had room for: the end of a lump. */
const QUIET = 60;
/** A connection that is never quiet for longer, in ms, takes its bytes without lumps. */
const STEADY_GAP = 250;
/** A steady connection is measured over this long, in ms. */
const STEADY = 2000;
/** Shorter measurements, in ms, would tell more of the lumps than of the connection. */
const SHORTEST = 1000;
/** After this long, in ms, a change of the connection has come through by two thirds. */
const TIME_CONSTANT = 1000;
/** The lump to reckon with before one was seen: a third of Linux' largest send buffer, 4 MiB, in bytes. */
const ASSUMED_LUMP = 1_400_000;
/**
 * A moment at which the buffer was full tells nothing after so long, in ms: the connection may have changed
 * meanwhile.
 */
const MEMORY = 30_000;
/** Part of a lump that is not the dribble between two of them. */
const WHOLE_LUMP = 0.5;
/**
 * Lumps become smaller when the kernel's buffer does: what is left of the largest one with each measurement.
 */
const LUMP_MEMORY = 0.7;

/**
 * Measures what a connection carries while there is always more to send. Kernels take bytes in lumps: Linux
 * says that a full socket can be written again when a third of its send buffer is free, and takes next to
 * nothing until then. With a buffer of 4 MiB and 1.6 Mbit/s that is 1.4 MB every 7 s. So it measures from the
 * end of one lump to the end of another, two moments at which the buffer was full; what was taken between
 * them is what has left it. While a lump is awaited, the largest of the last ones bounds what the connection
 * can be carrying.
 */
export class ThroughputMeter {
  /** When the buffer was full, from which it is measured on; undefined while nothing waits. */
  #anchorAt: number | undefined;
  #anchorSent = 0;
  #sent = 0;
  #grownAt = 0;
  /** The longest that nothing was taken since the anchor, in ms. */
  #longestGap = 0;
  /** Bytes that had been sent before the lump at hand. */
  #lumpFrom = 0;
  #largestLump = ASSUMED_LUMP;
  /** Bytes a second, between two moments at which the buffer was full; undefined: not measured yet. */
  #measured: number | undefined;
  /** The last of these moments of an earlier backlog; undefined: there was none. */
  #wasFullAt: number | undefined;
  #wasFullSent = 0;
  /** Bytes a second, from that moment to the beginning of the backlog at hand. */
  #sinceFull: number | undefined;

  /** The backlog at hand has been measured, not only bounded. */
  get isMeasured(): boolean {
    return this.#measured !== undefined;
  }

  /** The connection is another one. */
  restart(): void {
    this.#anchorAt = undefined;
    this.#measured = undefined;
    this.#wasFullAt = undefined;
    this.#largestLump = ASSUMED_LUMP;
  }

  /**
   * @param now ms on any clock that does not go back
   * @param sent bytes that the kernel has accepted so far
   * @param waiting whether more waits: the kernel's buffer is full
   */
  update(now: number, sent: number, waiting: boolean): void {
    if (!waiting) this.#clear();
    else if (this.#anchorAt === undefined) this.#begin(now, sent);
    else {
      if (now - this.#grownAt > QUIET) this.#onQuiet(this.#anchorAt);
      if (sent > this.#sent) this.#grow(now, sent);
    }
  }

  /** Bytes a second, at most; undefined while there is no backlog. */
  throughput(now: number): number | undefined {
    if (this.#anchorAt === undefined) return undefined;
    const measured = this.#measured ?? this.#sinceFull ?? Number.POSITIVE_INFINITY;
    // A steady connection has no lumps to speak of; its bytes may fail to come for a moment all the same.
    const due = this.#measured === undefined ? 0 : (measured * STEADY) / 1000;
    const carried = this.#sent - this.#anchorSent + Math.max(this.#largestLump, due);
    return Math.min(measured, (carried * 1000) / Math.max(1, now - this.#anchorAt));
  }

  #clear(): void {
    if (this.#measured !== undefined) {
      this.#wasFullAt = this.#anchorAt;
      this.#wasFullSent = this.#anchorSent;
    }
    this.#anchorAt = undefined;
    this.#measured = undefined;
  }

  /** The buffer is full again: what it took since it was full last, has left it. */
  #begin(now: number, sent: number): void {
    this.#anchor(now, sent);
    const elapsed = this.#wasFullAt === undefined ? Number.POSITIVE_INFINITY : now - this.#wasFullAt;
    const isTelling = elapsed >= STEADY && elapsed <= MEMORY;
    this.#sinceFull = isTelling ? ((sent - this.#wasFullSent) * 1000) / elapsed : undefined;
  }

  #anchor(at: number, sent: number): void {
    this.#anchorAt = at;
    this.#anchorSent = sent;
    this.#sent = sent;
    this.#lumpFrom = sent;
    this.#grownAt = at;
    this.#longestGap = 0;
  }

  #grow(now: number, sent: number): void {
    const gap = now - this.#grownAt;
    if (gap > QUIET) this.#lumpFrom = this.#sent;
    if (gap > this.#longestGap) this.#longestGap = gap;
    this.#sent = sent;
    this.#grownAt = now;
    const isSteady = this.#longestGap <= STEADY_GAP;
    if (isSteady && now - this.#anchorAt! >= STEADY) this.#measure(this.#anchorAt!);
  }

  #onQuiet(anchorAt: number): void {
    const isWhole = this.#sent - this.#anchorSent >= WHOLE_LUMP * this.#largestLump;
    if (isWhole && this.#grownAt - anchorAt >= SHORTEST) this.#measure(anchorAt);
  }

  /** From the anchor to the end of the last lump. */
  #measure(anchorAt: number): void {
    const elapsed = this.#grownAt - anchorAt;
    const rate = ((this.#sent - this.#anchorSent) * 1000) / elapsed;
    const weight = 1 - Math.exp(-elapsed / TIME_CONSTANT);
    this.#measured = this.#measured === undefined ? rate : this.#measured + (rate - this.#measured) * weight;
    this.#largestLump = Math.max(this.#sent - this.#lumpFrom, this.#largestLump * LUMP_MEMORY);
    this.#anchor(this.#grownAt, this.#sent);
  }
}
