import { GRANULE, NEXT, NO_BLOCK } from './block-layout.js';

const WORDS = GRANULE / 4;

/**
 * Blocks on their way back to the pool: a lock-free stack (Treiber, 1986) linked through the blocks
 * themselves, so that it needs no memory of its own and can never be full. Any thread hands back; the pool's
 * thread takes all at once, which is also why the stack cannot suffer from the ABA problem: nothing ever pops
 * a single block.
 */
export class ReleaseList {
  readonly #words: Int32Array;
  readonly #head: Int32Array;
  /**
   * Blocks that were added and not yet published: the newest, and the oldest, behind which the list goes on.
   */
  #newest = NO_BLOCK;
  #oldest = NO_BLOCK;

  /**
   * @param pool the pool's memory.
   * @param head one shared word, {@link NO_BLOCK} at first (see {@link newReleaseHead}).
   */
  constructor(pool: SharedArrayBuffer, head: Int32Array) {
    this.#words = new Int32Array(pool, 0, Math.floor(pool.byteLength / 4));
    this.#head = head;
  }

  /** Lays a block aside for the next {@link publish}: one exchange of a shared word serves many blocks. */
  add(block: number): void {
    this.#words[block * WORDS + NEXT] = this.#newest;
    if (this.#newest === NO_BLOCK) this.#oldest = block;
    this.#newest = block;
  }

  /**
   * Hands back what was added. After this call its bytes belong to the pool's thread.
   * @returns false when there was nothing.
   */
  publish(): boolean {
    if (this.#newest === NO_BLOCK) return false;
    let head = Atomics.load(this.#head, 0);
    for (;;) {
      // A plain store is enough: the exchange below publishes it.
      this.#words[this.#oldest * WORDS + NEXT] = head;
      const seen = Atomics.compareExchange(this.#head, 0, head, this.#newest);
      if (seen === head) break;
      head = seen;
    }
    this.#newest = NO_BLOCK;
    return true;
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
