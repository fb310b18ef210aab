/** The slowest that is tried, in bytes a second. */
const LEAST = 16 * 1024;
/** Of what a connection takes beside the live stream, so much is made use of. */
const SHARE = 0.8;
/** After live channels were held up, so much of the rate before is tried. */
const STEP_BACK = 0.5;
/** Without a reason against it, the limit grows by so much each period. */
const STEP_UP = 1.1;
/** In ms. */
const PERIOD = 2000;
/** Unused budget piles up for no longer than this, in ms. */
const BURST = 250;

/**
 * The pace at which media is sent from disk: at most so much faster than real time, and no faster than the
 * uplink bears beside what is live.
 */
export class BackfillPacer {
  readonly #speed: number;
  /** Bytes a second. */
  #limit = Number.POSITIVE_INFINITY;
  /** When the limit changed last. */
  #changedAt = 0;
  #slowedAt = Number.NEGATIVE_INFINITY;
  #at = 0;
  /** ms of media, and bytes, that may be sent now. */
  #media = 0;
  #bytes = 0;
  /** Bytes since {@link #ratedAt}, and the rate before. */
  #sent = 0;
  #ratedAt = 0;
  #rate = 0;

  /** @param speed how much faster than real time */
  constructor(speed: number) {
    this.#speed = speed;
  }

  /** Bytes a second that are being sent. */
  get rate(): number {
    return this.#rate;
  }

  /** Begins, or goes on after a while in which nothing was sent. */
  begin(now: number): void {
    this.#at = now;
    this.#media = 0;
    this.#bytes = 0;
    this.#sent = 0;
    this.#ratedAt = now;
  }

  /**
   * Time has passed: more may be sent.
   * @param speed the present one, where it is another
   */
  pass(now: number, speed = this.#speed): void {
    const ms = now - this.#at;
    this.#at = now;
    this.#media = Math.min(this.#media + ms * speed, BURST * speed);
    // Without a limit, no time is none of it.
    if (this.#limit === Number.POSITIVE_INFINITY) this.#bytes = this.#limit;
    else this.#bytes = Math.min(this.#bytes + (ms * this.#limit) / 1000, (this.#limit * BURST) / 1000);
    if (now - this.#ratedAt >= 1000) {
      this.#rate = (this.#sent * 1000) / (now - this.#ratedAt);
      this.#sent = 0;
      this.#ratedAt = now;
    }
    if (now - this.#changedAt < PERIOD) return;
    this.#changedAt = now;
    this.#limit *= STEP_UP;
  }

  /**
   * Takes a tag, if its time has come.
   * @param ms from the tag before it
   */
  take(ms: number, bytes: number): boolean {
    if (this.#media < 0 || this.#bytes < 0) return false;
    this.#media -= ms;
    this.#bytes -= bytes;
    this.#sent += bytes;
    return true;
  }

  /** Live channels are held up. */
  onCongested(now: number): void {
    if (!this.#isSlowingDown(now)) this.#slowDown(this.#rate * STEP_BACK, now);
  }

  /** The connection takes no more than so many bytes a second. */
  onBlocked(throughput: number, now: number): void {
    if (!this.#isSlowingDown(now)) this.#slowDown(throughput * SHARE, now);
  }

  /** It has been slowed down just now, and waits for the effect. */
  #isSlowingDown(now: number): boolean {
    return now - this.#slowedAt < PERIOD;
  }

  #slowDown(limit: number, now: number): void {
    this.#limit = Math.max(LEAST, Math.min(this.#limit, limit));
    this.#bytes = Math.min(this.#bytes, 0);
    this.#changedAt = now;
    this.#slowedAt = now;
  }
}
