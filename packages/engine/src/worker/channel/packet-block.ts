import type { Releasable } from '@cloudpush/transport';
import { payloadOffset } from '../../memory/block-layout.js';

/** Takes a block back when its last tag has left. */
export interface BlockReturn {
  returnBlock(block: PacketBlock): void;
  /** Its tags have left, and it is kept: see {@link PacketBlock.keep}. */
  noteSent?(block: PacketBlock): void;
}

/**
 * A pool block in the hands of a shard. Every tag that was made from its packet holds it once, and the shard
 * itself holds it while it makes them; when the last holder lets go, the block returns to the pool.
 */
export class PacketBlock implements Releasable {
  readonly index: number;
  /**
   * Time at which the caller handed the packet over, in ms of the monotonic clock; NaN when it has waited on
   * purpose since: its way does not count for the latency.
   */
  enqueuedAt: number;
  /** The same, however it has waited. */
  readonly cameAt: number;
  /** True when its way counts for the latency: it came while its stream was being published, and was sent. */
  timed = false;
  /** True once a part of the packet was given up with its connection. */
  lost = false;
  readonly #owner: BlockReturn;
  #holders = 1;
  /** Those of the holders that send nothing. */
  #keepers = 0;
  #keeper: Releasable | undefined;
  /** Those that go back with it. */
  #others: PacketBlock[] | undefined;

  constructor(owner: BlockReturn, index: number, enqueuedAt: number) {
    this.#owner = owner;
    this.index = index;
    this.enqueuedAt = enqueuedAt;
    this.cameAt = enqueuedAt;
  }

  /** The packet waits on purpose. */
  waits(): void {
    this.enqueuedAt = Number.NaN;
  }

  hold(): void {
    this.#holders++;
  }

  /**
   * Holds the block beside those that send it, who alone count for the latency: its content has yet to be
   * acknowledged, or written to disk. What is returned is released instead of the block, once for each call.
   */
  keep(): Releasable {
    this.#holders++;
    this.#keepers++;
    this.#keeper ??= {
      release: (taken) => {
        this.#keepers--;
        this.release(taken);
      },
    };
    return this.#keeper;
  }

  /** Holds another block for as long as this one is held: a picture was made of the packets in both. */
  bring(other: PacketBlock): void {
    other.hold();
    this.#others ??= [];
    this.#others.push(other);
  }

  /**
   * Lets go of the block. `taken` is false when what its holder was to send has been lost with a connection.
   */
  release(taken = true): void {
    if (!taken) this.lost = true;
    if (--this.#holders > this.#keepers) return;
    if (this.#holders > 0) {
      this.#owner.noteSent?.(this);
      return;
    }
    this.#owner.returnBlock(this);
    if (this.#others !== undefined) for (const other of this.#others) other.release(!this.lost);
  }
}

/** The first `bytes` of a block's payload, in place. */
export function payloadOf(pool: SharedArrayBuffer, { index }: PacketBlock, bytes: number): Uint8Array {
  return new Uint8Array(pool, payloadOffset(index), bytes);
}
