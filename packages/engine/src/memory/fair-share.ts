import { GRANULE, granulesFor } from './block-layout.js';

/**
 * Decides how much of the pool each channel may take. What a peer that does not read holds never comes back,
 * so that nothing may be lent that others are sure to need:
 *
 * - **A base**: a place in the pool for one packet that is a channel's own (see `slots.ts`), {@link
 *   BASE_PART} of the pool in equal parts for all channels that there can be, open or not.
 * - **A claim**: {@link NEEDED_PACKETS} times the largest packet that a channel has shown, less the base. All
 *   claims together are at most {@link CLAIMED_PART} of the pool. Where they would be more, those above a
 *   common level are cut to it (max-min fairness): a channel that needs little keeps what it needs. A second
 *   place for one packet is reserved out of it.
 * - **The rest is lent**: a channel may borrow as long as what it has borrowed is at most {@link
 *   LENDING_FACTOR} times what would still be left to lend (the dynamic threshold rule of shared-memory
 *   switches: Choudhury and Hahne, "Dynamic queue length thresholds for shared-memory packet switches",
 *   1998). So one busy channel can use most of an idle pool, and many stalled channels get less and less
 *   each.
 * - **A channel that holds nothing** may take one packet of any size that fits: it has just shown that its
 *   peer reads, and a stalled channel can do this only once.
 *
 * So a channel whose peer reads is never refused for longer than its own queue takes to drain, however many
 * others are stalled, as long as its packets fit into its base, or all claims into their part of the pool:
 * see {@link poolSizeFor}.
 */
export const BASE_PART = 1 / 4;
const CLAIMED_PART = 1 / 4;
const LENDING_FACTOR = 4;
/** A key frame that leaves, and what comes meanwhile, or the next one. */
const NEEDED_PACKETS = 2;

/** Claims are rounded up to classes, eight to a power of two, so that they seldom change. */
const CLASSES_PER_DOUBLING = 8;
const SMALLEST_CLASS = 1024;
/** Class 0: the base is enough. */
const CLASS_BYTES = Float64Array.from({ length: 200 }, (_, i) =>
  i === 0 ? 0 : Math.floor(SMALLEST_CLASS * 2 ** ((i - 1) / CLASSES_PER_DOUBLING)),
);
const UNLIMITED = CLASS_BYTES.length - 1;

export class FairShare {
  /** Bytes of the place that is each channel's own. */
  readonly base: number;
  readonly #poolSize: number;
  readonly #channels: number;
  readonly #claimable: number;
  readonly #lendable: number;
  /** Bytes that each channel has of what is not anybody's base. */
  readonly #taken: Float64Array;
  readonly #claims: Float64Array;
  /** The largest packet of each channel, in bytes that it takes from the pool. */
  readonly #largest: Float64Array;
  readonly #classes: Uint8Array;
  /** Number of channels in each class. */
  readonly #members = new Int32Array(CLASS_BYTES.length);
  /** Claims of a higher class are cut to this one. */
  #level = UNLIMITED;
  #lent = 0;

  /** @param base bytes of the place that is each channel's own */
  constructor(poolSize: number, maxChannels: number, base: number) {
    this.base = base;
    this.#poolSize = poolSize;
    this.#channels = maxChannels;
    this.#claimable = poolSize * CLAIMED_PART;
    this.#lendable = poolSize * (1 - BASE_PART - CLAIMED_PART);
    this.#taken = new Float64Array(maxChannels);
    this.#claims = new Float64Array(maxChannels);
    this.#largest = new Float64Array(maxChannels);
    this.#classes = new Uint8Array(maxChannels);
  }

  /** Bytes that a channel may take beside its base, whatever others have taken. */
  claimOf(channel: number): number {
    return this.#claims[channel]!;
  }

  /**
   * The channel wants to take a packet of `bytes`: its claim grows with its largest one.
   * @returns true when it is the largest so far, and larger than the base
   */
  note(channel: number, bytes: number): boolean {
    return bytes > this.#largest[channel]! && this.#noteLargest(channel, bytes);
  }

  /**
   * Bytes of a place for the largest packet of the channel; 0 while the base is enough, or its claim is too
   * small.
   */
  placeFor(channel: number): number {
    const largest = this.#largest[channel]!;
    if (largest <= this.base) return 0;
    const place = CLASS_BYTES[classOf(largest)]!;
    return place <= this.#claims[channel]! ? place : 0;
  }

  /** The channel is over, and has given everything back: another that gets its number begins anew. */
  forget(channel: number): void {
    this.#largest[channel] = 0;
    this.#setClass(channel, 0);
  }

  /**
   * True when `channel` may take `bytes` more.
   * @param isIdle it holds nothing
   */
  allows(channel: number, bytes: number, isIdle: boolean): boolean {
    const borrowed = this.#taken[channel]! + bytes - this.#claims[channel]!;
    if (borrowed <= 0 || isIdle) return true;
    const left = this.#lendable - this.#lent - Math.min(borrowed, bytes);
    return borrowed <= LENDING_FACTOR * left;
  }

  /** True when `channel` may take `bytes` more without borrowing. */
  isOwed(channel: number, bytes: number): boolean {
    return this.#taken[channel]! + bytes <= this.#claims[channel]!;
  }

  /** True when packets of `bytes` are more than what the channel is sure to get. */
  isBeyond(channel: number, bytes: number): boolean {
    return bytes > this.base && bytes > this.#claims[channel]!;
  }

  /** Bytes that `channel` has taken beyond its claim. */
  borrowedBy(channel: number): number {
    return Math.max(0, this.#taken[channel]! - this.#claims[channel]!);
  }

  /**
   * The size of a pool, in bytes, in which all that channels have shown to need could be claimed; at least
   * that of this one.
   */
  get sizeThatWouldDo(): number {
    return poolSizeForNeeds(this.#largest.map(neededFor), this.#poolSize);
  }

  take(channel: number, bytes: number): void {
    const claim = this.#claims[channel]!;
    const before = this.#taken[channel]!;
    const after = before + bytes;
    this.#taken[channel] = after;
    // In the common case both are within the claim.
    if (before > claim || after > claim)
      this.#lent += Math.max(0, after - claim) - Math.max(0, before - claim);
  }

  giveBack(channel: number, bytes: number): void {
    this.take(channel, -bytes);
  }

  #noteLargest(channel: number, bytes: number): boolean {
    if (bytes > this.#poolSize) return false;
    this.#largest[channel] = bytes;
    const claim = neededFor(bytes) - this.base;
    if (claim > this.#claims[channel]!) this.#setClass(channel, classOf(claim));
    return bytes > this.base;
  }

  #setClass(channel: number, cls: number): void {
    const before = this.#classes[channel]!;
    if (before === cls) return;
    this.#members[before]!--;
    this.#members[cls]!++;
    this.#classes[channel] = cls;
    const level = this.#findLevel();
    if (level === this.#level) this.#updateClaim(channel);
    else {
      this.#level = level;
      for (let other = 0; other < this.#channels; other++) this.#updateClaim(other);
    }
  }

  #updateClaim(channel: number): void {
    this.#lent -= this.borrowedBy(channel);
    this.#claims[channel] = CLASS_BYTES[Math.min(this.#classes[channel]!, this.#level)]!;
    this.#lent += this.borrowedBy(channel);
  }

  /** The highest class to which claims can be cut so that all of them fit. */
  #findLevel(): number {
    const members = this.#members;
    let room = this.#claimable;
    let above = 0;
    for (let cls = 1; cls <= UNLIMITED; cls++) above += members[cls]!;
    for (let cls = 1; above > 0; cls++) {
      room -= (CLASS_BYTES[cls]! - CLASS_BYTES[cls - 1]!) * above;
      if (room < 0) return cls - 1;
      above -= members[cls]!;
    }
    return UNLIMITED;
  }
}

/**
 * Bytes that a channel with packets of up to `largest` bytes needs: a place of a class, and as much again.
 */
function neededFor(largest: number): number {
  return largest === 0 ? 0 : NEEDED_PACKETS * CLASS_BYTES[classOf(largest)]!;
}

/** The smallest class of at least so many bytes. */
function classOf(bytes: number): number {
  if (bytes <= 0) return 0;
  const cls = 1 + Math.max(0, Math.ceil(Math.log2(bytes / SMALLEST_CLASS) * CLASSES_PER_DOUBLING));
  // Rounded down to whole bytes, a class may be a little smaller than its power of two.
  return Math.min(UNLIMITED, CLASS_BYTES[cls]! < bytes ? cls + 1 : cls);
}

/**
 * The size of a pool, in bytes, in which the base of each channel holds a packet of `largestPacket` bytes.
 */
export function poolSizeFor(channels: number, largestPacket: number): number {
  return Math.ceil((channels * (largestPacket + granulesFor(1) * GRANULE)) / BASE_PART);
}

const MIB = 1024 * 1024;

/** The size of a pool, in MiB but at least `size`, in which channels can claim different amounts. */
function poolSizeForNeeds(needs: Float64Array, size: number): number {
  const fits = (pool: number): boolean => {
    const base = (pool * BASE_PART) / needs.length;
    // Rounding makes a claim larger by a ninth of it at most.
    let sum = 0;
    for (const need of needs) sum += Math.max(0, need - base) * 1.125;
    return sum <= pool * CLAIMED_PART;
  };
  let low = size;
  let high = size;
  while (!fits(high)) high *= 2;
  while (high - low > MIB) {
    const middle = (low + high) / 2;
    if (fits(middle)) high = middle;
    else low = middle;
  }
  return Math.ceil(high / MIB) * MIB;
}
