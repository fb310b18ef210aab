import { NEXT, NO_BLOCK, PREVIOUS, SIZE, WORDS } from './block-layout.js';

/** log2 of the number of second-level classes per power of two: blocks of a class differ by at most 1/32. */
const SECOND_LEVEL_BITS = 5;
const SECOND_LEVELS = 1 << SECOND_LEVEL_BITS;
const FIRST_LEVELS = 32 - SECOND_LEVEL_BITS;

/**
 * The free blocks of a pool, by size: one list for each class of sizes, and two levels of bits that tell
 * which lists hold any, so that a block is found, put in and taken out in constant time (the segregated fit
 * of TLSF; see {@link Pool}).
 */
export class FreeLists {
  /** The pool, as words. */
  readonly #words: Int32Array;
  /** First free block of each class. */
  readonly #heads = new Int32Array(FIRST_LEVELS * SECOND_LEVELS).fill(NO_BLOCK);
  /** Per first level, one bit for each second level that has a free block. */
  readonly #secondBits = new Int32Array(FIRST_LEVELS);
  /** One bit for each first level that has a free block. */
  #firstBits = 0;

  /** @param words the pool's memory: the lists are linked through the blocks' headers */
  constructor(words: Int32Array) {
    this.#words = words;
  }

  /**
   * The first block of the smallest class whose blocks all hold `granules`; {@link NO_BLOCK} when there is
   * none.
   */
  find(granules: number): number {
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

  /** Makes a free block of these granules. */
  add(block: number, granules: number): void {
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
  }

  /**
   * Takes a free block out of its list.
   * @returns its granules
   */
  remove(block: number): number {
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

/**
 * Granules of the largest block that is sure to be found where one free block of `granules` is all there is:
 * a search rounds up to the next class, so that the last part of the largest class is out of reach.
 */
export function largestSearchable(granules: number): number {
  if (granules < SECOND_LEVELS) return granules;
  const step = 1 << (31 - Math.clz32(granules) - SECOND_LEVEL_BITS);
  return granules - (granules % step);
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
