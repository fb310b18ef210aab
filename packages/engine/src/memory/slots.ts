import { NO_BLOCK } from './block-layout.js';
import type { Pool } from './pool.js';

/**
 * Two places of each channel in the pool that are its own, each for one packet: where the rest of the pool is
 * full, or free only in pieces that are too small, a channel that holds nothing finds room here all the same.
 *
 * The first place is as large as what was set aside of the pool has room for, divided by the channels that
 * there can be, and is there from the beginning. The second one is reserved when a channel shows that its
 * packets are larger.
 */
export class Slots {
  readonly #pool: Pool;
  /** Granules of a first place. */
  readonly #granulesEach: number;
  /** 1 where the first place is in use, by channel. */
  readonly #firstInUse: Uint8Array;
  /** The second place, by channel, and its granules. */
  readonly #second: Int32Array;
  readonly #secondGranules: Int32Array;
  readonly #secondInUse: Uint8Array;

  /** @param granulesEach of a first place: the pool has set so much aside for each channel */
  constructor(pool: Pool, channels: number, granulesEach: number) {
    this.#pool = pool;
    this.#granulesEach = granulesEach;
    this.#firstInUse = new Uint8Array(channels);
    this.#second = new Int32Array(channels).fill(NO_BLOCK);
    this.#secondGranules = new Int32Array(channels);
    this.#secondInUse = new Uint8Array(channels);
  }

  /**
   * The second place for a packet that nearly needs it, as key frames do: better there than in what is
   * shared.
   */
  acquireFitting(channel: number, granules: number): number {
    const place = this.#secondGranules[channel]!;
    return granules <= place && granules * 2 > place ? this.#acquireSecond(channel) : NO_BLOCK;
  }

  /** The smaller place that is free and large enough, or {@link NO_BLOCK}. */
  acquire(channel: number, granules: number): number {
    if (granules <= this.#granulesEach && this.#firstInUse[channel] === 0) {
      this.#firstInUse[channel] = 1;
      const block = this.#firstOf(channel);
      this.#pool.occupy(block, this.#granulesEach, channel);
      return block;
    }
    return granules <= this.#secondGranules[channel]! ? this.#acquireSecond(channel) : NO_BLOCK;
  }

  /** True when {@link acquire} would find a place. */
  fits(channel: number, granules: number): boolean {
    return (
      (granules <= this.#granulesEach && this.#firstInUse[channel] === 0) ||
      (granules <= this.#secondGranules[channel]! && this.#secondInUse[channel] === 0)
    );
  }

  /** True for a block of {@link acquire}: then it is free again. */
  release(block: number, owner: number): boolean {
    if (block >= this.#pool.granules) this.#firstInUse[owner] = 0;
    else if (block === this.#second[owner]) this.#secondInUse[owner] = 0;
    else return false;
    this.#pool.vacate(block);
    return true;
  }

  /**
   * Makes the second place so large. Does nothing while it is in use.
   * @returns by how many granules it has grown; 0 when the pool has no such piece
   */
  grow(channel: number, granules: number): number {
    const before = this.#secondGranules[channel]!;
    if (granules <= before || this.#secondInUse[channel] === 1) return 0;
    const block = this.#pool.reserve(granules);
    if (block === NO_BLOCK) return 0;
    this.forget(channel);
    this.#second[channel] = block;
    this.#secondGranules[channel] = granules;
    return granules - before;
  }

  /**
   * Gives the second place back, which is not in use.
   * @returns its granules
   */
  forget(channel: number): number {
    const granules = this.#secondGranules[channel]!;
    if (granules > 0) this.#pool.unreserve(this.#second[channel]!);
    this.#second[channel] = NO_BLOCK;
    this.#secondGranules[channel] = 0;
    return granules;
  }

  /** Calls `visit` for the first place of a channel when it is in use. */
  visitFirst(channel: number, visit: (block: number, owner: number) => void): void {
    if (this.#firstInUse[channel] === 1) visit(this.#firstOf(channel), channel);
  }

  #acquireSecond(channel: number): number {
    if (this.#secondInUse[channel] === 1) return NO_BLOCK;
    this.#secondInUse[channel] = 1;
    const block = this.#second[channel]!;
    this.#pool.occupy(block, this.#secondGranules[channel]!, channel);
    return block;
  }

  #firstOf(channel: number): number {
    return this.#pool.granules + channel * this.#granulesEach;
  }
}
