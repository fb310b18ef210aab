import { NO_BLOCK } from '../../memory/block-layout.js';
import type { SlabKind } from '../../protocol/source-messages.js';
import type { Placement } from '../shards/placement.js';
import type { PoolServices, RoomWaiter } from '../shards/pool-services.js';

/** A shard's wish for a slab. */
export interface SlabRequest {
  readonly kind: SlabKind;
  /** Of the slab. */
  readonly bytes: number;
  /** Bytes of the largest packet that the channel has shown. */
  readonly largest: number;
}

/** The channel's way into its shard, as far as slabs need it. */
export interface SlabSender {
  /** Tells, once, that the pool is too small for a packet of so many bytes, if it is. */
  tellIfTooSmall(bytes: number): void;
  /** Has the channel's shard drop some of what waits. */
  relieve(): void;
  /** Asks for memory that others have borrowed. */
  relieveOther(): void;
}

/**
 * Grants a shard the slabs that it asks for, within the channel's fair share of the pool. A request that
 * there is no room for waits until blocks are released; meanwhile the channel's destinations let go of what
 * they may drop.
 */
export class SlabRequests implements RoomWaiter {
  readonly #pool: PoolServices;
  readonly #placement: Placement;
  readonly #sender: SlabSender;
  /** That have not been granted yet: one of a kind at most. */
  readonly #waiting = new Map<SlabKind, SlabRequest>();
  #open = true;

  constructor(pool: PoolServices, placement: Placement, sender: SlabSender) {
    this.#pool = pool;
    this.#placement = placement;
    this.#sender = sender;
  }

  add(request: SlabRequest): void {
    // A slab that is granted now could reach the shard when the channel is over there.
    if (!this.#open || this.#grant(request)) return;
    this.#waiting.set(request.kind, request);
    this.#sender.tellIfTooSmall(request.largest);
    this.#awaitRoom();
  }

  retry(): void {
    for (const [kind, request] of this.#waiting) if (this.#grant(request)) this.#waiting.delete(kind);
    if (this.#waiting.size > 0) this.#awaitRoom();
  }

  /** Nobody waits any more: the shard that asked is gone. */
  clear(): void {
    this.#waiting.clear();
  }

  /** Nothing is granted from now on. */
  close(): void {
    this.#open = false;
    this.#waiting.clear();
  }

  #grant({ kind, bytes, largest }: SlabRequest): boolean {
    const { memory } = this.#pool;
    const { shard, channel } = this.#placement;
    const block = memory.lease(channel, bytes, largest);
    if (block === NO_BLOCK) return false;
    const isTight = memory.isTight(channel);
    shard.post({ type: 'slab', channel, kind, block, bytes: memory.slabSize(block), isTight });
    return true;
  }

  #awaitRoom(): void {
    this.#pool.awaitRoom(this);
    this.#sender.relieve();
    const { memory } = this.#pool;
    for (const { bytes } of this.#waiting.values()) {
      if (memory.isOwed(this.#placement.channel, bytes)) this.#sender.relieveOther();
    }
  }
}
