/**
 * The media pool: one `SharedArrayBuffer` of exactly the size that was asked for, cut into blocks by a
 * two-level segregated fit allocator (TLSF: Masmano, Ripoll, Crespo, Real, "TLSF: a new dynamic memory allocator
 * for real-time systems", 2004). Acquire and release take constant time, whatever the pool's state.
 *
 * Only the thread that made the pool allocates and frees. Other threads read and write the payload of blocks that
 * were handed to them, and hand them back through the {@link ReleaseList}.
 *
 * Memory is counted in granules of 64 bytes, one cache line. A block is a run of granules; its first two are the header
 * (16 bytes of allocator state) and the headroom (112 bytes), so that a payload starts on a cache line:
 *
 * ```text
 * | word 0: granules << 1 | free | word 1: block before | word 2 | word 3 | headroom, 112 bytes | payload ...
 *                                                          |        '- free: previous free block; used: owner
 *                                                          '- free: next free block; used: next released block
 * ```
 */

/** Bytes of a granule, and the alignment of a payload. */
export const GRANULE = 64;
/** Bytes of allocator state at the start of a block. */
const BLOCK_HEADER = 16;
/** Granules in front of a payload. */
const LEADING_GRANULES = 2;
/**
 * Bytes in front of a payload that its holder may overwrite, so that a packet leaves in one piece: the RTMP chunk header
 * (up to 18 bytes), the FLV tag-body header (up to 9), and what encryption adds to nearly all frames (43 to 90).
 */
export const HEADROOM = LEADING_GRANULES * GRANULE - BLOCK_HEADER;
/** The smallest pool: below it not even one ordinary packet fits beside the bookkeeping. */
export const MIN_POOL_SIZE = 64 * 1024;
/** The largest pool: the longest `SharedArrayBuffer` view that every supported Node line can make. */
export const MAX_POOL_SIZE = 4 * 1024 ** 3 - GRANULE;

/** No block. */
export const NO_BLOCK = -1;
/** The owner of a reserved block that is not in use. */
const NO_OWNER = -1;

const WORDS = GRANULE / 4;
const SIZE = 0;
const BEFORE = 1;
/** Word of a used block that the release list links through. */
export const NEXT = 2;
const PREVIOUS = 3;
const OWNER = 3;

/** log2 of the number of second-level classes per power of two: blocks of a class differ by at most 1/32. */
const SECOND_LEVEL_BITS = 5;
const SECOND_LEVELS = 1 << SECOND_LEVEL_BITS;
const FIRST_LEVELS = 32 - SECOND_LEVEL_BITS;

/** Granules that a payload of `bytes` takes, its header included. */
export function granulesFor(bytes: number): number {
  return LEADING_GRANULES + Math.ceil(bytes / GRANULE);
}

/** The largest payload in bytes that so many bytes of the pool have room for. */
function largestPayload(bytes: number): number {
  return (Math.floor(bytes / GRANULE) - LEADING_GRANULES) * GRANULE;
}

/** Byte offset of a block's payload in the pool. */
export function payloadOffset(block: number): number {
  return (block + LEADING_GRANULES) * GRANULE;
}

export class Pool {
  readonly buffer: SharedArrayBuffer;
  /** Bytes of the pool. */
  readonly size: number;
  /** The pool's bytes. */
  readonly bytes: Uint8Array;
  /** Granules that are allotted by size; those behind them are set aside. */
  readonly granules: number;
  readonly #words: Int32Array;
  /** First free block of each class. */
  readonly #heads = new Int32Array(FIRST_LEVELS * SECOND_LEVELS).fill(NO_BLOCK);
  /** Per first level, one bit for each second level that has a free block. */
  readonly #secondBits = new Int32Array(FIRST_LEVELS);
  /** One bit for each first level that has a free block. */
  #firstBits = 0;
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
    return largestPayload(this.#largestSearchable() * GRANULE);
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
    return this.#findFree(granules) !== NO_BLOCK;
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
      granules += this.#removeFree(before);
      start = before;
    }
    const after = start + granules;
    if (after < this.granules && this.#isFree(after)) granules += this.#removeFree(after);
    // A stale header inside the joined block must still read as free, so that a double release is noticed.
    this.#words[block * WORDS + SIZE] = head | 1;
    this.#addFree(start, granules);
  }

  /** Calls `visit` for each block in use that is not in what was set aside. `visit` may release the block that it is given. */
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
    const block = this.#findFree(wanted);
    if (block === NO_BLOCK) return NO_BLOCK;
    const granules = this.#removeFree(block);
    if (granules > wanted) this.#splitOff(block, wanted, granules);
    this.#words[block * WORDS + SIZE] = wanted << 1;
    return block;
  }

  #isFree(block: number): boolean {
    return (this.#words[block * WORDS + SIZE]! & 1) === 1;
  }

  /** A search rounds up to the next class, so the last part of the largest class is out of reach. */
  #largestSearchable(): number {
    if (this.granules < SECOND_LEVELS) return this.granules;
    const step = 1 << (31 - Math.clz32(this.granules) - SECOND_LEVEL_BITS);
    return this.granules - (this.granules % step);
  }

  /** First block of the smallest class whose blocks all hold `granules`. */
  #findFree(granules: number): number {
    let size = granules;
    if (size >= SECOND_LEVELS) size += (1 << (31 - Math.clz32(size) - SECOND_LEVEL_BITS)) - 1;
    const cls = classOf(size);
    let first = cls >> SECOND_LEVEL_BITS;
    if (first >= FIRST_LEVELS) return NO_BLOCK;
    let seconds = this.#secondBits[first]! & (-1 << (cls & (SECOND_LEVELS - 1)));
    if (seconds === 0) {
      const firsts = this.#firstBits & (-1 << (first + 1));
      if (firsts === 0) return NO_BLOCK;
      first = lowestBit(firsts);
      seconds = this.#secondBits[first]!;
    }
    return this.#heads[(first << SECOND_LEVEL_BITS) | lowestBit(seconds)]!;
  }

  #splitOff(block: number, wanted: number, granules: number): void {
    const rest = block + wanted;
    this.#words[rest * WORDS + BEFORE] = block;
    this.#addFree(rest, granules - wanted);
  }

  #addFree(block: number, granules: number): void {
    const words = this.#words;
    const cls = classOf(granules);
    const head = this.#heads[cls]!;
    words[block * WORDS + SIZE] = (granules << 1) | 1;
    words[block * WORDS + NEXT] = head;
    words[block * WORDS + PREVIOUS] = NO_BLOCK;
    if (head !== NO_BLOCK) words[head * WORDS + PREVIOUS] = block;
    this.#heads[cls] = block;
    this.#secondBits[cls >> SECOND_LEVEL_BITS]! |= 1 << (cls & (SECOND_LEVELS - 1));
    this.#firstBits |= 1 << (cls >> SECOND_LEVEL_BITS);
    const after = block + granules;
    if (after < this.granules) words[after * WORDS + BEFORE] = block;
  }

  /** Takes a block out of its free list. Returns its granules. */
  #removeFree(block: number): number {
    const words = this.#words;
    const granules = words[block * WORDS + SIZE]! >> 1;
    const next = words[block * WORDS + NEXT]!;
    const previous = words[block * WORDS + PREVIOUS]!;
    if (next !== NO_BLOCK) words[next * WORDS + PREVIOUS] = previous;
    if (previous !== NO_BLOCK) {
      words[previous * WORDS + NEXT] = next;
      return granules;
    }
    const cls = classOf(granules);
    this.#heads[cls] = next;
    if (next === NO_BLOCK) {
      const first = cls >> SECOND_LEVEL_BITS;
      this.#secondBits[first]! &= ~(1 << (cls & (SECOND_LEVELS - 1)));
      if (this.#secondBits[first] === 0) this.#firstBits &= ~(1 << first);
    }
    return granules;
  }
}

/** The class of a block of `granules`: below 32 one class each, above that 32 classes a power of two. */
function classOf(granules: number): number {
  if (granules < SECOND_LEVELS) return granules;
  const log2 = 31 - Math.clz32(granules);
  const first = log2 - SECOND_LEVEL_BITS + 1;
  const second = (granules >> (log2 - SECOND_LEVEL_BITS)) & (SECOND_LEVELS - 1);
  return (first << SECOND_LEVEL_BITS) | second;
}

function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}
