import { GRANULE, NEXT, NO_BLOCK } from './pool.js';

const WORDS = GRANULE / 4;

/**
 * Blocks on their way back to the pool: a lock-free stack (Treiber, 1986) linked through the blocks themselves, so
 * that it needs no memory of its own and can never be full. Any thread pushes; the pool's thread takes all at once,
 * which is also why the stack cannot suffer from the ABA problem: nothing ever pops a single block.
 */
export class ReleaseList {
  readonly #words: Int32Array;
  readonly #head: Int32Array;

  /**
   * @param pool the pool's memory.
   * @param head one shared word, {@link NO_BLOCK} at first (see {@link newReleaseHead}).
   */
  constructor(pool: SharedArrayBuffer, head: Int32Array) {
    this.#words = new Int32Array(pool, 0, Math.floor(pool.byteLength / 4));
    this.#head = head;
  }

  /** Hands a block back. After this call its bytes belong to the pool's thread. */
  push(block: number): void {
    let head = Atomics.load(this.#head, 0);
    for (;;) {
      // A plain store is enough: the exchange below publishes it.
      this.#words[block * WORDS + NEXT] = head;
      const seen = Atomics.compareExchange(this.#head, 0, head, block);
      if (seen === head) return;
      head = seen;
    }
  }

  /** Takes all blocks that were handed back: the first one, or {@link NO_BLOCK}. Follow with {@link next}. */
  takeAll(): number {
    // Most calls find nothing; a load keeps the cache line shared then.
    if (Atomics.load(this.#head, 0) === NO_BLOCK) return NO_BLOCK;
    return Atomics.exchange(this.#head, 0, NO_BLOCK);
  }

  /** The block behind `block` in a list that {@link takeAll} returned. Read it before `block` is released. */
  next(block: number): number {
    return this.#words[block * WORDS + NEXT]!;
  }
}

/** The shared word that a release list hangs on. */
export function newReleaseHead(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4)).fill(NO_BLOCK);
}
