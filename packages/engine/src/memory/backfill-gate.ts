/** Words of each shard: gaps that it sends, live channels that are held up. */
const WORDS = 2;
const SENDING = 0;
const CONGESTED = 1;
/** Gaps are sent so many at a time, over all shards. */
const MOST = 4;

/** Shared memory for the gates of so many shards. */
export function newBackfillMemory(shards: number): SharedArrayBuffer {
  return new SharedArrayBuffer(shards * WORDS * Int32Array.BYTES_PER_ELEMENT);
}

/**
 * Shared state that the shards of an engine must know of each other when they send gaps from disk: how many
 * are being sent, and whether any live channel suffers. Each shard writes its own words only.
 */
export class BackfillGate {
  readonly #words: Int32Array;
  readonly #own: number;

  /** @param slot the shard's own: whatever its predecessor there had is given up */
  constructor(memory: SharedArrayBuffer, slot: number) {
    this.#words = new Int32Array(memory);
    this.#own = slot * WORDS;
    Atomics.store(this.#words, this.#own + SENDING, 0);
    Atomics.store(this.#words, this.#own + CONGESTED, 0);
  }

  /**
   * Begins to send one more gap, if that is permitted: give it back with {@link leave}. Two shards that try
   * at once may both fail, and try again.
   */
  enter(): boolean {
    Atomics.add(this.#words, this.#own + SENDING, 1);
    if (this.#sum(SENDING) <= MOST) return true;
    this.leave();
    return false;
  }

  leave(): void {
    Atomics.sub(this.#words, this.#own + SENDING, 1);
  }

  /** A live channel is held up, or is not any more. */
  noteCongested(isCongested: boolean): void {
    Atomics.add(this.#words, this.#own + CONGESTED, isCongested ? 1 : -1);
  }

  /** Some live channel of the engine is held up: it needs the uplink for itself. */
  get isCongested(): boolean {
    return this.#sum(CONGESTED) > 0;
  }

  #sum(word: number): number {
    let sum = 0;
    for (let i = word; i < this.#words.length; i += WORDS) sum += Atomics.load(this.#words, i);
    return sum;
  }
}
