/** A rate is taken over so long, in ms, and two acknowledgements at least. */
const SPAN = 2500;
/**
 * However short a queue has stood, a rate is taken over so long, in ms, that some acknowledgements are in it.
 */
const SHORTEST_SPAN = 750;
/** Silence shows in a rate over this long, in ms: single acknowledgements come as unevenly as frames do. */
const SILENCE_SPAN = 1000;
/** Acknowledgements that are remembered. */
const MEMORY = 32;
/** Of acknowledgements that come closer together, in ms, one is remembered. */
const CLOSEST = 90;
/** From servers that acknowledge more rarely, in bytes, a rate comes too late to be of use. */
const LARGEST_STEP = 1 << 20;
/** More at a time, in bytes, and the server has miscounted or begun anew: some do. */
const ABSURD_STEP = 1 << 28;
/**
 * Bytes that may be under way while the next acknowledgement is awaited, in steps: half a step more than one,
 * as servers count unevenly.
 */
const STEPS_UNDER_WAY = 1.5;
/** Bytes that may be under way when one has come, in steps: frames, and the time until it is noticed. */
const STEPS_BEHIND = 0.25;
/** For so long, in ms, the least that was under way counts as what the path itself holds. */
const LEAST_PERIOD = 10_000;

/**
 * Measures by the server's Acknowledgements (RTMP 1.0 §5.4.3) what it has received: what the kernel's buffer
 * holds does not hide it. Some servers send none, rarely, or wrong ones: then it tells nothing.
 */
export class AcknowledgementMeter {
  readonly #times = new Float64Array(MEMORY);
  readonly #totals = new Float64Array(MEMORY);
  /** Acknowledgements that were remembered. */
  #count = 0;
  #last = 0;
  #total = 0;
  #step = 0;
  #isTrusted = true;
  #inFlight = 0;
  /** Bytes that were under way when the last acknowledgement came, with no step that waits for its own. */
  #behind = 0;
  /** When the path held no more than it does without congestion for the last time. */
  #clearAt = Number.NEGATIVE_INFINITY;
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
    this.#behind = 0;
    this.#clearAt = Number.NEGATIVE_INFINITY;
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
    if (acknowledged !== this.#last) {
      this.#onAcknowledgement(now, acknowledged);
      this.#behind = inFlight;
    }
    const { excess } = this;
    if (excess === 0) this.#clearAt = now;
    if (now - this.#periodBegan > LEAST_PERIOD && excess <= this.#step) this.#beginPeriod(now);
    if (inFlight < this.#least) this.#least = inFlight;
  }

  /** Bytes under way beyond what a path without congestion holds. */
  get excess(): number {
    const least = Math.min(this.#least, this.#leastBefore);
    if (!this.isTelling || least === Number.POSITIVE_INFINITY) return 0;
    const behind = this.#behind - STEPS_BEHIND * this.#step;
    // All that has been handed over since the last one may have arrived, but for what exceeds a step.
    const unanswered = this.#inFlight - STEPS_UNDER_WAY * this.#step;
    return Math.max(0, behind - least, unanswered - least);
  }

  /** Bytes a second that the server has received lately; undefined: it tells nothing. */
  throughput(now: number): number | undefined {
    if (!this.isTelling) return undefined;
    const newest = this.#count - 1;
    const latest = this.#times[newest % MEMORY]!;
    // Bytes that came through before a queue stood tell of the source, not of the path.
    const oldest = this.#entryAt(Math.max(latest - SPAN, Math.min(this.#clearAt, latest - SHORTEST_SPAN)));
    const rate = this.#receivedSince(oldest) / Math.max(1, latest - this.#times[oldest % MEMORY]!);
    // The next one is due after a step: while it does not come, the rate is no more than this.
    const before = now - latest >= SILENCE_SPAN ? newest : this.#entryAt(now - SILENCE_SPAN);
    const bound =
      (this.#receivedSince(before) + this.#step) / Math.max(1, now - this.#times[before % MEMORY]!);
    return 1000 * Math.min(rate, bound);
  }

  /** Bytes a second that the server has received in the last second or so, be there a queue or not. */
  carried(now: number): number {
    if (!this.isTelling) return 0;
    const from = this.#entryAt(Math.min(now, this.#times[(this.#count - 1) % MEMORY]!) - SILENCE_SPAN);
    const to = this.#times[(this.#count - 1) % MEMORY]!;
    return (1000 * this.#receivedSince(from)) / Math.max(1, to - this.#times[from % MEMORY]!);
  }

  /** The first remembered acknowledgement from a time on, but never the newest. */
  #entryAt(time: number): number {
    const newest = this.#count - 1;
    let entry = newest - 1;
    const earliest = Math.max(0, newest - MEMORY + 1);
    while (entry > earliest && this.#times[(entry - 1) % MEMORY]! >= time) entry--;
    return entry;
  }

  /** ms between the last two. */
  get #spacing(): number {
    return this.#times[(this.#count - 1) % MEMORY]! - this.#times[(this.#count - 2) % MEMORY]!;
  }

  #receivedSince(entry: number): number {
    return this.#totals[(this.#count - 1) % MEMORY]! - this.#totals[entry % MEMORY]!;
  }

  #onAcknowledgement(now: number, acknowledged: number): void {
    const grown = (acknowledged - this.#last) >>> 0;
    const isFirst = this.#count === 0;
    this.#last = acknowledged;
    if (!isFirst && grown > ABSURD_STEP) this.#isTrusted = false;
    this.#total += isFirst ? 0 : grown;
    if (!isFirst) this.#step = Math.max(grown, this.#step * 0.8);
    // So that those that are remembered reach back further than SPAN.
    if (this.#count < 2 || this.#spacing >= CLOSEST) this.#count++;
    this.#times[(this.#count - 1) % MEMORY] = now;
    this.#totals[(this.#count - 1) % MEMORY] = this.#total;
  }

  #beginPeriod(now: number): void {
    this.#leastBefore = this.#least;
    this.#least = this.#inFlight;
    this.#periodBegan = now;
  }
}
