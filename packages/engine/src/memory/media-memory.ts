import { copyBytes } from '@cloudpush/muxer';
import { GRANULE, granulesFor, largestPayload, NO_BLOCK, Pool, payloadOffset } from './pool.js';
import type { PoolDebug } from './pool-debug.js';
import { newReleaseHead, ReleaseList } from './release-list.js';
import { FairShare } from './share.js';

/**
 * The caller's side of the pool: takes blocks for packets within each channel's fair share, and gets back what the
 * shards have released. The only thing in the product that holds media.
 */
export class MediaMemory {
  readonly pool: Pool;
  /** The word that the release list hangs on, for the shards. */
  readonly releaseHead = newReleaseHead();
  readonly #released: ReleaseList;
  readonly #share: FairShare;
  readonly #debug: PoolDebug | undefined;

  constructor(size: number, maxChannels: number, debug?: PoolDebug) {
    this.#debug = debug;
    this.pool = new Pool(size);
    this.#released = new ReleaseList(this.pool.buffer, this.releaseHead);
    this.#share = new FairShare(size, maxChannels);
  }

  /** The largest packet that one channel could ever hand over, in bytes. */
  get maxPacket(): number {
    return Math.min(this.pool.maxPayload, largestPayload(this.#share.most));
  }

  /** Bytes that a channel holds, the blocks' headroom and rounding included. */
  heldBy(channel: number): number {
    return this.#share.heldBy(channel);
  }

  /**
   * Copies a packet into a block of the channel: the only copy between the caller and the kernel.
   * @returns the block, or {@link NO_BLOCK} when the pool or the channel's share has no room.
   */
  store(channel: number, data: Uint8Array): number {
    this.reclaim();
    const bytes = granulesFor(data.length) * GRANULE;
    if (!this.#share.allows(channel, bytes)) return NO_BLOCK;
    const block = this.pool.acquire(data.length, channel);
    if (block === NO_BLOCK) return NO_BLOCK;
    this.#share.take(channel, bytes);
    copyBytes(data, this.pool.bytes, payloadOffset(block));
    this.#debug?.onStore(block, channel, data.length);
    return block;
  }

  /** True when a packet of `bytes` would be taken now. It may be refused all the same when the pool is fragmented. */
  hasRoomFor(channel: number, bytes: number): boolean {
    const size = granulesFor(bytes) * GRANULE;
    return this.#share.allows(channel, size) && this.pool.bytesInUse + size <= this.pool.size;
  }

  /** True when the channel holds more than half of what it may hold now. */
  isTight(channel: number): boolean {
    return this.#share.isTight(channel);
  }

  /** Overwrites what a block holds. */
  wipe(block: number): void {
    this.pool.bytes.fill(0, payloadOffset(block), block * GRANULE + this.pool.sizeOf(block));
  }

  /** Takes a block back that no shard has seen. */
  drop(block: number): void {
    this.#debug?.onDrop(block, this.pool.sizeOf(block), this.pool.bytes);
    this.#share.giveBack(this.pool.ownerOf(block), this.pool.sizeOf(block));
    this.pool.release(block);
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
    this.pool.forEachUsed((block, owner) => {
      if (!channels.has(owner)) return;
      counts.set(owner, (counts.get(owner) ?? 0) + 1);
      // What nobody has read may hold a key.
      this.wipe(block);
      this.drop(block);
    });
    return counts;
  }
}
