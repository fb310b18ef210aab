/** Interarrival jitter of a track (RFC 3550 §6.4.1 and §A.8), in ticks of its RTP clock. */
export class Jitter {
  readonly #ticksPerMs: number;
  #lastTransit = Number.NaN;
  /** The present estimate. */
  ticks = 0;

  constructor(clockRate: number) {
    this.#ticksPerMs = clockRate / 1000;
  }

  get ms(): number {
    return this.ticks / this.#ticksPerMs;
  }

  /** Takes a packet's timestamp, 32 bits, and the time of its arrival in ms. */
  packet(timestamp: number, now: number): void {
    const transit = Math.round(now * this.#ticksPerMs) - timestamp;
    if (!Number.isNaN(this.#lastTransit)) {
      const difference = Math.abs((transit - this.#lastTransit) | 0); // timestamps wrap at 32 bits
      this.ticks += (difference - this.ticks) / 16;
    }
    this.#lastTransit = transit;
  }

  restart(): void {
    this.#lastTransit = Number.NaN;
  }
}
