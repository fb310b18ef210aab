import { copyBytes } from '@cloudpush/muxer';
import { GRANULE, granulesFor, NO_BLOCK, payloadOffset } from './block-layout.js';
import { BASE_PART, FairShare } from './fair-share.js';
import { Pool } from './pool.js';
import type { PoolDebug } from './pool-debug.js';
import { newReleaseHead, ReleaseList } from './release-list.js';
import { Slots } from './slots.js';

/**
 * The caller's side of the pool: takes blocks for packets within each channel's fair share, and gets back
 * what the shards have released. The only thing in the product that holds media.
 */
export class MediaMemory {
  readonly pool: Pool;
  /** The word that the release list hangs on, for the shards. */
  readonly releaseHead: Int32Array = newReleaseHead();
  /** The largest packet that one channel could ever hand over, in bytes. */
  readonly maxPacket: number;
  readonly #released: ReleaseList;
  readonly #share: FairShare;
  readonly #slots: Slots;
  /** Bytes that each channel holds. */
  readonly #held: Float64Array;
  /**
   * The channel has shown larger packets than its places hold, and there was no room yet for another place:
   * 1.
   */
  readonly #needsPlace: Uint8Array;
  readonly #debug: PoolDebug | undefined;

  constructor(size: number, maxChannels: number, debug?: PoolDebug) {
    this.#debug = debug;
    const granulesEach = Math.floor((size * BASE_PART) / maxChannels / GRANULE);
    this.pool = new Pool(size, granulesEach * maxChannels);
    this.maxPacket = this.pool.maxPayload;
    this.#released = new ReleaseList(this.pool.buffer, this.releaseHead);
    this.#share = new FairShare(size, maxChannels, granulesEach * GRANULE);
    this.#slots = new Slots(this.pool, maxChannels, granulesEach);
    this.#held = new Float64Array(maxChannels);
    this.#needsPlace = new Uint8Array(maxChannels);
  }

  /** Bytes that a channel holds, the blocks' headroom and rounding included. */
  heldBy(channel: number): number {
    return this.#held[channel]!;
  }

  /**
   * Copies a packet into a block of the channel: the only copy between the caller and the kernel.
   * @returns the block, or {@link NO_BLOCK} when the pool or the channel's share has no room.
   */
  store(channel: number, data: Uint8Array): number {
    this.reclaim();
    const { length } = data;
    const granules = granulesFor(length);
    if (this.#share.note(channel, granules * GRANULE)) this.#needsPlace[channel] = 1;
    if (this.#needsPlace[channel] === 1) this.#reservePlace(channel);
    const block = this.#acquire(channel, granules);
    if (block === NO_BLOCK) return NO_BLOCK;
    copyBytes(data, this.pool.bytes, payloadOffset(block));
    this.#debug?.onStore(block, channel, length);
    return block;
  }

  /**
   * Takes a slab of the channel, in which its shard writes packets itself: it belongs to the shard, as a
   * packet does, until that releases it.
   * @param bytes of the slab
   * @param largest bytes of the largest packet that the channel has shown
   * @returns the slab's block, or {@link NO_BLOCK}; {@link slabSize} tells how large it is
   */
  lease(channel: number, bytes: number, largest: number): number {
    this.reclaim();
    this.#share.note(channel, granulesFor(largest) * GRANULE);
    const block = this.#acquire(channel, Math.ceil(bytes / GRANULE));
    if (block !== NO_BLOCK) this.#debug?.onStore(block, channel, bytes);
    return block;
  }

  /** Bytes of a slab: at least those that were asked for. */
  slabSize(block: number): number {
    return this.pool.sizeOf(block);
  }

  /** True when a packet of `bytes` would be taken now. */
  hasRoomFor(channel: number, bytes: number): boolean {
    const granules = granulesFor(bytes);
    if (this.#slots.fits(channel, granules)) return true;
    return this.#isAllowed(channel, granules * GRANULE) && this.pool.fits(granules);
  }

  /** True when the channel could not hold twice of what it holds. */
  isTight(channel: number): boolean {
    return !this.#isAllowed(channel, this.#held[channel]!);
  }

  /** True when the channel should have room for a packet of `bytes`: it is others that hold too much. */
  isOwed(channel: number, bytes: number): boolean {
    return this.#held[channel] === 0 || this.#share.isOwed(channel, granulesFor(bytes) * GRANULE);
  }

  /** Bytes that the channel holds of what others might need. */
  borrowedBy(channel: number): number {
    return this.#share.borrowedBy(channel);
  }

  /**
   * The size of a pool that would do, in bytes, for a channel that was refused a packet of `bytes`; undefined
   * when this one does: then it is only the channel's own queue that must drain.
   */
  sizeThatWouldDo(channel: number, bytes: number): number | undefined {
    const isBeyond = this.#share.isBeyond(channel, granulesFor(bytes) * GRANULE);
    if (!isBeyond && this.#held[channel] !== 0) return undefined;
    const { sizeThatWouldDo } = this.#share;
    // Enough bytes, but others had them before this channel showed what it needs.
    return sizeThatWouldDo > this.pool.size ? sizeThatWouldDo : this.pool.size * 2;
  }

  /** The channel is over, and holds nothing: another may get its number. */
  forget(channel: number): void {
    this.reclaim();
    this.#needsPlace[channel] = 0;
    this.#share.giveBack(channel, this.#slots.forget(channel) * GRANULE);
    this.#share.forget(channel);
  }

  /** Overwrites what a block holds. */
  wipe(block: number): void {
    this.pool.bytes.fill(0, payloadOffset(block), block * GRANULE + this.pool.sizeOf(block));
  }

  /** Takes a block back that no shard has seen. */
  drop(block: number): void {
    const size = this.pool.sizeOf(block);
    const owner = this.pool.ownerOf(block);
    this.#debug?.onDrop(block, size, this.pool.bytes);
    if (!this.#slots.release(block, owner)) {
      this.pool.release(block);
      this.#share.giveBack(owner, size);
    }
    this.#held[owner]! -= size;
  }

  /** Takes back what the shards have released. False when there was nothing. */
  reclaim(): boolean {
    let block = this.#released.takeAll();
    if (block === NO_BLOCK) return false;
    while (block !== NO_BLOCK) {
      const next = this.#released.next(block);
      this.drop(block);
      block = next;
    }
    return true;
  }

  /**
   * Takes back every block of these channels: the thread that held them is dead.
   * @returns how many there were, by channel
   */
  reclaimFrom(channels: { has(channel: number): boolean }): Map<number, number> {
    this.reclaim();
    const counts = new Map<number, number>();
    const takeBack = (block: number, owner: number): void => {
      if (!channels.has(owner)) return;
      counts.set(owner, (counts.get(owner) ?? 0) + 1);
      // A block that nobody has read may hold a key.
      this.wipe(block);
      this.drop(block);
    };
    this.pool.forEachUsed(takeBack);
    for (let channel = 0; channel < this.#held.length; channel++)
      if (this.#held[channel]! > 0) this.#slots.visitFirst(channel, takeBack);
    return counts;
  }

  #isAllowed(channel: number, bytes: number): boolean {
    return this.#share.allows(channel, bytes, this.#held[channel] === 0);
  }

  /** A block in what is shared, else in what is the channel's own; for a large packet the other way round. */
  #acquire(channel: number, granules: number): number {
    let block = this.#slots.acquireFitting(channel, granules);
    const bytes = granules * GRANULE;
    if (block === NO_BLOCK && this.#isAllowed(channel, bytes)) {
      block = this.pool.acquireGranules(granules, channel);
      if (block !== NO_BLOCK) {
        this.#share.take(channel, bytes);
        this.#held[channel]! += bytes;
        return block;
      }
    }
    if (block === NO_BLOCK) block = this.#slots.acquire(channel, granules);
    if (block !== NO_BLOCK) this.#held[channel]! += this.pool.sizeOf(block);
    return block;
  }

  #reservePlace(channel: number): void {
    const place = this.#share.placeFor(channel);
    if (place === 0) return;
    const granules = Math.ceil(place / GRANULE);
    const grown = this.#slots.grow(channel, granules);
    if (grown === 0) return;
    this.#share.take(channel, grown * GRANULE);
    this.#needsPlace[channel] = 0;
  }
}
