import type { Pool } from '../../packages/engine/src/memory/pool.js';
import { median } from '../support/statistics.js';

/** The load on a pool. */
export interface PoolLoad {
  readonly poolSize: number;
  /** The part of the pool that is kept in use, 0 to 1. */
  readonly fill: number;
  readonly channels: number;
  /** Packets that are put into the pool. */
  readonly operations: number;
}

export interface PoolResult {
  /** Blocks in use at the end. */
  readonly blocks: number;
  /** Bytes, medians over the samples; and the least that the largest free block ever was. */
  readonly free: number;
  readonly largestFree: number;
  readonly smallestLargestFree: number;
  /** Packets that would have fitted into the free bytes, and found no block. */
  readonly failures: number;
  /** Of an acquire and a release. */
  readonly nanoseconds: number;
}

/** One channel in ten stands still, and lets go of what it holds only now and then, all at once. */
const STALLED_EVERY = 10;
/** Bytes of the pool that the stalled channels hold together at most. */
const STALLED_PART = 0.3;
const SAMPLES = 40;
const GROUP = 50;
/** `Pool.acquire` returns it when it has no block. */
const NO_BLOCK = -1;

/** Cameras at random places in their groups of pictures; each packet lives until the pool must make room. */
export function runPool(pool: Pool, load: PoolLoad): PoolResult {
  return new PoolRun(pool, load).run();
}

class PoolRun {
  readonly #pool: Pool;
  readonly #load: PoolLoad;
  readonly #sizes: Int32Array;
  /** Blocks that each channel holds, oldest first. */
  readonly #held: number[][];
  #seed = 1;
  #failures = 0;

  constructor(pool: Pool, load: PoolLoad) {
    this.#pool = pool;
    this.#load = load;
    this.#held = Array.from({ length: load.channels }, () => []);
    // Drawn beforehand, so that only the pool is measured.
    this.#sizes = Int32Array.from({ length: 1 << 16 }, () => this.#packetSize());
  }

  run(): PoolResult {
    const { operations } = this.#load;
    const part = Math.floor(operations / SAMPLES);
    const free: number[] = [];
    const largest: number[] = [];
    let milliseconds = 0;
    for (let sample = 0; sample < SAMPLES; sample++) {
      const start = performance.now();
      for (let i = 0; i < part; i++) this.#put(this.#sizes[this.#random(this.#sizes.length)]!);
      // The first part fills the pool.
      if (sample > 0) milliseconds += performance.now() - start;
      free.push(this.#pool.size - this.#pool.bytesInUse);
      largest.push(this.#pool.largestFreeBlock);
    }
    return {
      blocks: this.#pool.blocksInUse,
      free: median(free.slice(1)),
      largestFree: median(largest.slice(1)),
      smallestLargestFree: Math.min(...largest.slice(1)),
      failures: this.#failures,
      nanoseconds: (milliseconds * 1e6) / (part * (SAMPLES - 1)),
    };
  }

  #put(bytes: number): void {
    const channel = this.#random(this.#held.length);
    const limit = this.#pool.size * this.#load.fill;
    while (this.#pool.bytesInUse + bytes > limit) this.#releaseSome();
    let block = this.#pool.acquire(bytes, channel);
    if (block === NO_BLOCK) this.#failures++;
    while (block === NO_BLOCK) {
      this.#releaseSome();
      block = this.#pool.acquire(bytes, channel);
    }
    this.#held[channel]!.push(block);
  }

  /**
   * The oldest packet of some channel has left; a stalled channel holds on to its own until it has its part.
   */
  #releaseSome(): void {
    const channel = this.#random(this.#held.length);
    const held = this.#held[channel]!;
    if (channel % STALLED_EVERY !== 0) {
      const block = held.shift();
      if (block !== undefined) this.#pool.release(block);
    } else if (held.length > this.#stalledPackets) {
      for (const block of held) this.#pool.release(block);
      held.length = 0;
    }
  }

  /** The most that a stalled channel holds, in packets of the average size. */
  get #stalledPackets(): number {
    const { poolSize, channels, fill } = this.#load;
    return (poolSize * fill * STALLED_PART) / (channels / STALLED_EVERY) / AVERAGE_BYTES;
  }

  /** Bytes of a random packet: of three packets one is a picture, of fifty pictures one a key frame. */
  #packetSize(): number {
    if (this.#random(72) >= 25) return 150 + this.#random(300);
    const spread = Math.exp(0.5 * this.#normal());
    return Math.round((this.#random(GROUP) === 0 ? 100_000 : 18_000) * spread);
  }

  /** A number of the standard normal distribution, nearly. */
  #normal(): number {
    let sum = 0;
    for (let i = 0; i < 12; i++) sum += this.#random(1 << 16) / (1 << 16);
    return sum - 6;
  }

  /** The same numbers in every run (xorshift32: Marsaglia, 2003). */
  #random(below: number): number {
    let x = this.#seed;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#seed = x;
    return (x >>> 0) % below;
  }
}

const AVERAGE_BYTES = 8000;
