/** A rate is taken over so long, in ms, and two acknowledgements at least. */
const SPAN = 3000;
/** Acknowledgements that are remembered. */
const MEMORY = 32;
/** From servers that acknowledge more rarely, in bytes, a rate comes too late to be of use. */
const LARGEST_STEP = 1 << 20;
/** More at a time, in bytes, and the server has miscounted or begun anew: some do. */
const ABSURD_STEP = 1 << 28;
/** What may be under way beside a step that is not acknowledged yet: half a step more, as servers count unevenly. */
const STEPS_UNDER_WAY = 1.5;
/** For so long, in ms, the least that was under way counts as what the path itself holds. */
const LEAST_PERIOD = 10_000;

/**
 * Measures by the server's Acknowledgements (RTMP 1.0 §5.4.3) what it has received: what the kernel's buffer holds does not
 * hide it. Some servers send none, rarely, or wrong ones: then it tells nothing.
 */
export class AcknowledgementMeter {
  readonly #times = new Float64Array(MEMORY);
  readonly #totals = new Float64Array(MEMORY);
  /** Acknowledgements that have come. */
  #count = 0;
  #last = 0;
  #total = 0;
  #step = 0;
  #isTrusted = true;
  #inFlight = 0;
  /** The least that was under way lately, in the period at hand and in the one before. */
  #least = Number.POSITIVE_INFINITY;
  #leastBefore = Number.POSITIVE_INFINITY;
  #periodBegan = Number.NEGATIVE_INFINITY;

  /** The connection is another one. */
  restart(): void {
    this.#count = 0;
    this.#last = 0;
    this.#step = 0;
    this.#isTrusted = true;
    this.#least = Number.POSITIVE_INFINITY;
    this.#leastBefore = Number.POSITIVE_INFINITY;
    this.#periodBegan = Number.NEGATIVE_INFINITY;
  }

  /** Acknowledgements come often enough, and make sense. */
  get isTelling(): boolean {
    return this.#isTrusted && this.#count > 2 && this.#step <= LARGEST_STEP;
  }

  /**
   * @param now ms on any clock that does not go back
   * @param acknowledged the sequence number of the last Acknowledgement, modulo 2^32; 0: there was none
   * @param inFlight bytes that the kernel has accepted and the server has not acknowledged
   */
  update(now: number, acknowledged: number, inFlight: number): void {
    this.#inFlight = inFlight;
    if (acknowledged !== this.#last) this.#onAcknowledgement(now, acknowledged);
    if (now - this.#periodBegan > LEAST_PERIOD && this.excess === 0) this.#beginPeriod(now);
    if (inFlight < this.#least) this.#least = inFlight;
  }

  /** Bytes under way beyond what a path without congestion holds. */
  get excess(): number {
    const least = Math.min(this.#least, this.#leastBefore);
    if (!this.isTelling || least === Number.POSITIVE_INFINITY) return 0;
    return Math.max(0, this.#inFlight - least - STEPS_UNDER_WAY * this.#step);
  }

  /** Bytes a second that the server has received lately; undefined: it tells nothing. */
  throughput(now: number): number | undefined {
    if (!this.isTelling) return undefined;
    const newest = this.#count - 1;
    const latest = this.#times[newest % MEMORY]!;
    let oldest = newest - 1;
    const earliest = Math.max(0, newest - MEMORY + 1);
    while (oldest > earliest && latest - this.#times[(oldest - 1) % MEMORY]! <= SPAN) oldest--;
    const elapsed = latest - this.#times[oldest % MEMORY]!;
    const received = this.#totals[newest % MEMORY]! - this.#totals[oldest % MEMORY]!;
    const rate = (received * 1000) / Math.max(1, elapsed);
    // The next one is due after a step: while it does not come, the rate is no more than this.
    return Math.min(rate, (this.#step * 1000) / Math.max(1, now - latest));
  }

  #onAcknowledgement(now: number, acknowledged: number): void {
    const grown = (acknowledged - this.#last) >>> 0;
    const isFirst = this.#count === 0;
    this.#last = acknowledged;
    if (!isFirst && grown > ABSURD_STEP) this.#isTrusted = false;
    this.#total += isFirst ? 0 : grown;
    if (!isFirst) this.#step = Math.max(grown, this.#step * 0.8);
    this.#times[this.#count % MEMORY] = now;
    this.#totals[this.#count % MEMORY] = this.#total;
    this.#count++;
  }

  #beginPeriod(now: number): void {
    this.#leastBefore = this.#least;
    this.#least = this.#inFlight;
    this.#periodBegan = now;
  }
}
