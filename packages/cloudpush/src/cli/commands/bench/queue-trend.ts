/** The media that waits for the server, at a moment. */
export interface QueueSample {
  /** The longest queue of all channels, in ms of media. */
  readonly ms: number;
  /** Bytes in the queues of all channels. */
  readonly bytes: number;
  /**
   * The most bytes of a channel that the kernel has accepted and the server has not acknowledged; undefined
   * where no server has acknowledged any.
   */
  readonly unacknowledged: number | undefined;
}

/** Course of the queues. */
export interface QueueTrend {
  /** The longest queue that was seen, in ms of media. */
  readonly maxMs: number;
  /** The most bytes that were seen, of all channels together. */
  readonly maxBytes: number;
  /**
   * The most bytes of a channel that were seen between the kernel and the server's acknowledgement; null
   * where no server has acknowledged any.
   */
  readonly maxUnacknowledgedBytes: number | null;
  /** The longest queue of the last third of the time less that of the first third, on average, in ms. */
  readonly growthMs: number;
}

/** Collects what waits for the server while all channels are there. */
export class QueueSamples {
  readonly #ms: number[] = [];
  #maxMs = 0;
  #maxBytes = 0;
  #maxUnacknowledged: number | null = null;

  add({ ms, bytes, unacknowledged }: QueueSample): void {
    this.#ms.push(ms);
    this.#maxMs = Math.max(this.#maxMs, ms);
    this.#maxBytes = Math.max(this.#maxBytes, bytes);
    if (unacknowledged !== undefined) {
      this.#maxUnacknowledged = Math.max(this.#maxUnacknowledged ?? 0, unacknowledged);
    }
  }

  get trend(): QueueTrend {
    const third = Math.ceil(this.#ms.length / 3);
    const growthMs = third === 0 ? 0 : mean(this.#ms.slice(-third)) - mean(this.#ms.slice(0, third));
    return {
      maxMs: this.#maxMs,
      maxBytes: this.#maxBytes,
      maxUnacknowledgedBytes: this.#maxUnacknowledged,
      growthMs,
    };
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
