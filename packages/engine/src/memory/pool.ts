import {
  BEFORE,
  GRANULE,
  granulesFor,
  largestPayload,
  NO_BLOCK,
  OWNER,
  SIZE,
  WORDS,
} from './block-layout.js';
import { FreeLists, largestSearchable } from './free-lists.js';

/** The smallest pool, in bytes: below it not even one ordinary packet fits beside the bookkeeping. */
export const MIN_POOL_SIZE = 64 * 1024;
/**
 * The largest pool, in bytes: the longest `SharedArrayBuffer` view that every supported Node line can make.
 */
export const MAX_POOL_SIZE = 4 * 1024 ** 3 - GRANULE;

/** The owner of a reserved block that is not in use. */
const NO_OWNER = -1;

/**
 * The media pool: one `SharedArrayBuffer` of exactly the size that was asked for, cut into blocks by a
 * two-level segregated fit allocator (TLSF: Masmano, Ripoll, Crespo, Real, "TLSF: a new dynamic memory
 * allocator for real-time systems", 2004). Acquire and release take constant time, whatever the pool's state.
 *
 * Only the thread that made the pool allocates and frees. Other threads read and write the payload of blocks
 * that were handed to them, and hand them back through the {@link ReleaseList}.
 */
export class Pool {
  readonly buffer: SharedArrayBuffer;
  /** Bytes of the pool. */
  readonly size: number;
  /** The pool's bytes. */
  readonly bytes: Uint8Array;
  /** Granules that are allotted by size; those behind them are set aside. */
  readonly granules: number;
  readonly #words: Int32Array;
  readonly #free: FreeLists;
  #granulesInUse = 0;
  #blocksInUse = 0;

  /**
   * @param setAside granules at the end that are not allotted: see {@link occupy}
   * @throws RangeError when `size` is not an integer of {@link MIN_POOL_SIZE} to {@link MAX_POOL_SIZE} bytes.
   */
  constructor(size: number, setAside = 0) {
    if (!Number.isSafeInteger(size) || size < MIN_POOL_SIZE || size > MAX_POOL_SIZE) {
      throw new RangeError(
        `pool size ${size} is not an integer of ${MIN_POOL_SIZE} to ${MAX_POOL_SIZE} bytes`,
      );
    }
    this.buffer = new SharedArrayBuffer(size);
    this.size = size;
    this.bytes = new Uint8Array(this.buffer);
    this.#words = new Int32Array(this.buffer, 0, Math.floor(size / 4));
    this.granules = Math.floor(size / GRANULE) - setAside;
    this.#free = new FreeLists(this.#words);
    this.#words[BEFORE] = NO_BLOCK;
    this.#addFree(0, this.granules);
  }

  /** Bytes held by blocks in use, their headers and rounding included. */
  get bytesInUse(): number {
    return this.#granulesInUse * GRANULE;
  }

  get blocksInUse(): number {
    return this.#blocksInUse;
  }

  /** The largest payload, in bytes, that an empty pool could hold. */
  get maxPayload(): number {
    return largestPayload(largestSearchable(this.granules));
  }

  /**
   * Takes a block for `bytes` of payload.
   * @returns the block, or {@link NO_BLOCK} when no free block is large enough.
   */
  acquire(bytes: number, owner: number): number {
    return this.acquireGranules(granulesFor(bytes), owner);
  }

  /** The same for a block of so many granules. */
  acquireGranules(wanted: number, owner: number): number {
    const block = this.#allot(wanted);
    if (block === NO_BLOCK) return NO_BLOCK;
    this.#words[block * WORDS + OWNER] = owner;
    this.#granulesInUse += wanted;
    this.#blocksInUse++;
    return block;
  }

  /**
   * Takes a block of so many granules that is not in use yet: {@link occupy} it, as often as you like.
   * @returns the block, or {@link NO_BLOCK} when no free block is large enough.
   */
  reserve(granules: number): number {
    const block = this.#allot(granules);
    if (block !== NO_BLOCK) this.#words[block * WORDS + OWNER] = NO_OWNER;
    return block;
  }

  /** Gives a reserved block back that is not in use. */
  unreserve(block: number): void {
    this.#words[block * WORDS + OWNER] = 0;
    this.#granulesInUse += this.#words[block * WORDS + SIZE]! >> 1;
    this.#blocksInUse++;
    this.release(block);
  }

  /** Makes use of a block of `granules` that was reserved, or lies in what was set aside. */
  occupy(block: number, granules: number, owner: number): void {
    this.#words[block * WORDS + SIZE] = granules << 1;
    this.#words[block * WORDS + OWNER] = owner;
    this.#granulesInUse += granules;
    this.#blocksInUse++;
  }

  /**
   * Ends the use of a block that was occupied. It stays reserved.
   * @throws Error when the block is not in use: it was released twice.
   */
  vacate(block: number): void {
    if (this.ownerOf(block) === NO_OWNER) throw new Error(`block ${block} was released twice`);
    this.#words[block * WORDS + OWNER] = NO_OWNER;
    this.#granulesInUse -= this.#words[block * WORDS + SIZE]! >> 1;
    this.#blocksInUse--;
  }

  /** True when there is a free block of so many granules. */
  fits(granules: number): boolean {
    return this.#free.find(granules) !== NO_BLOCK;
  }

  /** The owner that {@link acquire} was told. */
  ownerOf(block: number): number {
    return this.#words[block * WORDS + OWNER]!;
  }

  /** Bytes that a block in use takes from the pool. */
  sizeOf(block: number): number {
    return (this.#words[block * WORDS + SIZE]! >> 1) * GRANULE;
  }

  /**
   * Gives a block back and joins it with free neighbours.
   * @throws Error when the block is not in use: it was released twice, or never acquired.
   */
  release(block: number): void {
    const head = this.#words[block * WORDS + SIZE]!;
    if ((head & 1) !== 0) throw new Error(`block ${block} was released twice`);
    let start = block;
    let granules = head >> 1;
    this.#granulesInUse -= granules;
    this.#blocksInUse--;
    const before = this.#words[block * WORDS + BEFORE]!;
    if (before !== NO_BLOCK && this.#isFree(before)) {
      granules += this.#free.remove(before);
      start = before;
    }
    const after = start + granules;
    if (after < this.granules && this.#isFree(after)) granules += this.#free.remove(after);
    // A stale header inside the joined block must still read as free, so that a double release is noticed.
    this.#words[block * WORDS + SIZE] = head | 1;
    this.#addFree(start, granules);
  }

  /**
   * Calls `visit` for each block in use that is not in what was set aside. `visit` may release the block that
   * it is given.
   */
  forEachUsed(visit: (block: number, owner: number) => void): void {
    const used: number[] = [];
    for (let block = 0; block < this.granules; block += this.#words[block * WORDS + SIZE]! >> 1) {
      if (!this.#isFree(block) && this.ownerOf(block) !== NO_OWNER) used.push(block);
    }
    for (const block of used) visit(block, this.ownerOf(block));
  }

  /** Bytes of the largest free block: beside the free bytes it tells how fragmented the pool is. */
  get largestFreeBlock(): number {
    let largest = 0;
    for (let block = 0; block < this.granules; block += this.#words[block * WORDS + SIZE]! >> 1) {
      if (this.#isFree(block)) largest = Math.max(largest, this.#words[block * WORDS + SIZE]! >> 1);
    }
    return largest * GRANULE;
  }

  /** A used block of so many granules, without an owner yet. */
  #allot(wanted: number): number {
    const block = this.#free.find(wanted);
    if (block === NO_BLOCK) return NO_BLOCK;
    const granules = this.#free.remove(block);
    if (granules > wanted) this.#splitOff(block, wanted, granules);
    this.#words[block * WORDS + SIZE] = wanted << 1;
    return block;
  }

  #isFree(block: number): boolean {
    return (this.#words[block * WORDS + SIZE]! & 1) === 1;
  }

  #splitOff(block: number, wanted: number, granules: number): void {
    const rest = block + wanted;
    this.#words[rest * WORDS + BEFORE] = block;
    this.#addFree(rest, granules - wanted);
  }

  /** Makes a free block, and lets the block behind it know. */
  #addFree(block: number, granules: number): void {
    this.#free.add(block, granules);
    const after = block + granules;
    if (after < this.granules) this.#words[after * WORDS + BEFORE] = block;
  }
}
