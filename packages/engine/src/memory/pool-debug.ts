import { monotonicNow } from '../base/clock.js';
import { CloudPushError } from '../base/errors.js';
import { GRANULE, payloadOffset } from './block-layout.js';

const FREE = 0;
const HELD = 1;
const RETURNED = 2;

/** Fills released memory: whoever still sends from it sends this. */
export const POISON = 0xdb;

/**
 * The state of each block, in memory that the shards share: one byte for each granule that a block may begin
 * at.
 */
export class BlockStates {
  readonly memory: SharedArrayBuffer;
  readonly #states: Uint8Array;

  constructor(memory: SharedArrayBuffer) {
    this.memory = memory;
    this.#states = new Uint8Array(memory);
  }

  static forPool(size: number): BlockStates {
    return new BlockStates(new SharedArrayBuffer(Math.ceil(size / GRANULE)));
  }

  markHeld(block: number): void {
    Atomics.store(this.#states, block, HELD);
  }

  markFree(block: number): void {
    Atomics.store(this.#states, block, FREE);
  }

  /** False when the block is not in use: it has been returned before. */
  markReturned(block: number): boolean {
    return Atomics.compareExchange(this.#states, block, HELD, RETURNED) === HELD;
  }
}

/** A block that is still in use. */
export interface BlockInUse {
  /** The channel's number in shared memory. */
  readonly channel: number;
  /** Bytes of its packet. */
  readonly bytes: number;
  /** Time that it has been in use, in ms. */
  readonly age: number;
}

/**
 * Watches over the pool, at a cost: knows every block in use, fills released memory with {@link POISON}, and
 * says at the end what was never released and what was released twice.
 */
export class PoolDebug {
  readonly states: BlockStates;
  readonly #inUse = new Map<number, { channel: number; bytes: number; since: number }>();
  readonly #faults: string[] = [];

  constructor(poolSize: number) {
    this.states = BlockStates.forPool(poolSize);
  }

  /** Blocks that are in use, the oldest first. */
  get inUse(): readonly BlockInUse[] {
    const now = monotonicNow();
    return [...this.#inUse.values()].map(({ channel, bytes, since }) => ({
      channel,
      bytes,
      age: now - since,
    }));
  }

  onStore(block: number, channel: number, bytes: number): void {
    this.states.markHeld(block);
    this.#inUse.set(block, { channel, bytes, since: monotonicNow() });
  }

  /** The block is about to go back to the pool, whose bytes these are. */
  onDrop(block: number, size: number, pool: Uint8Array): void {
    pool.fill(POISON, payloadOffset(block), block * GRANULE + size);
    this.states.markFree(block);
    this.#inUse.delete(block);
  }

  /** @param stack where a shard has released a block twice */
  onFault(stack: string): void {
    this.#faults.push(stack);
  }

  /** @throws CloudPushError `ERR_CLOUDPUSH_INTERNAL` when a block is still in use, or was released twice. */
  requireClean(): void {
    const { inUse } = this;
    if (inUse.length === 0 && this.#faults.length === 0) return;
    const message = `the pool is not clean: ${inUse.length} blocks still in use, ${this.#faults.length} released twice`;
    throw new CloudPushError('ERR_CLOUDPUSH_INTERNAL', message, {
      details: { inUse, releasedTwice: this.#faults },
    });
  }
}
