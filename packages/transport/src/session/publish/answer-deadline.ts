const NEVER = Number.POSITIVE_INFINITY;
/** Acknowledgements are numbers of 32 bits that begin again (RTMP 1.0 §5.4.3): half of them lie ahead. */
const AHEAD = 2 ** 31;

/**
 * The time until which a server must have given the answer that is awaited. A server that has media to read
 * before it comes to the request, on a slow path, tells by its acknowledgements that it is on its way: each
 * one that gets ahead gives it the whole time-out again.
 */
export class AnswerDeadline {
  readonly #now: () => number;
  #timeout = NEVER;
  #at = NEVER;
  #acknowledged = 0;

  /** @param now milliseconds, from any origin, never going back */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** On the clock that was given; infinite while nothing is awaited. */
  get at(): number {
    return this.#at;
  }

  get hasPassed(): boolean {
    return this.#now() >= this.#at;
  }

  /** @param timeout in milliseconds from now; infinite: nothing is awaited */
  start(timeout: number): void {
    this.#timeout = timeout;
    this.#at = this.#now() + timeout;
  }

  /**
   * To be told only when media has been sent: without any, a request lies in front of the server at once.
   * @param sequenceNumber that of the server's last Acknowledgement
   */
  onAcknowledged(sequenceNumber: number): void {
    const ahead = (sequenceNumber - this.#acknowledged) >>> 0;
    if (ahead === 0 || ahead >= AHEAD) return;
    this.#acknowledged = sequenceNumber;
    this.start(this.#timeout);
  }
}
