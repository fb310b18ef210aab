/** Words of each shard: gaps that it sends, live channels that are held up, spools that are open. */
const WORDS = 3;
const SENDING = 0;
const CONGESTED = 1;
const SPOOLS = 2;

/** Shared memory for the gates of so many shards. */
export function newBackfillMemory(shards: number): SharedArrayBuffer {
  return new SharedArrayBuffer(shards * WORDS * Int32Array.BYTES_PER_ELEMENT);
}

/**
 * Shared state that the shards of an engine must know of each other for their disk spools: how many there
 * are, how many gaps are being sent, and whether any live channel suffers. Each shard writes its own words
 * only.
 */
export class BackfillGate {
  readonly #words: Int32Array;
  readonly #own: number;
  readonly #maxGaps: number;

  /**
   * @param slot the shard's own: whatever its predecessor there had is given up
   * @param maxGaps so many are sent at a time, over all shards
   */
  constructor(memory: SharedArrayBuffer, slot: number, maxGaps: number) {
    this.#maxGaps = maxGaps;
    this.#words = new Int32Array(memory);
    this.#own = slot * WORDS;
    Atomics.store(this.#words, this.#own + SENDING, 0);
    Atomics.store(this.#words, this.#own + CONGESTED, 0);
    Atomics.store(this.#words, this.#own + SPOOLS, 0);
  }

  /**
   * Begins to send one more gap, if that is permitted: give it back with {@link leave}. Two shards that try
   * at once may both fail, and try again.
   */
  enter(): boolean {
    Atomics.add(this.#words, this.#own + SENDING, 1);
    if (this.#sum(SENDING) <= this.#maxGaps) return true;
    this.leave();
    return false;
  }

  leave(): void {
    Atomics.sub(this.#words, this.#own + SENDING, 1);
  }

  /** One more spool is open, or one less. */
  noteSpool(isOpen: boolean): void {
    Atomics.add(this.#words, this.#own + SPOOLS, isOpen ? 1 : -1);
  }

  get shards(): number {
    return this.#words.length / WORDS;
  }

  /** Spools that are open in the engine. */
  get spools(): number {
    return this.#sum(SPOOLS);
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
