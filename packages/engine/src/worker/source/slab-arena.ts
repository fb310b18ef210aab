import { GRANULE, granulesFor, NO_BLOCK } from '../../memory/block-layout.js';
import type { BlockReturn, PacketBlock } from '../channel/packet-block.js';

/**
 * The memory of the packets of an in-shard source: slabs, blocks of the pool that the shard has leased for
 * the channel and divides itself, so that no other thread has a part in a packet.
 *
 * A slab is filled from its start to its end. Once its last packet has been released it is filled anew: while
 * the server keeps up, one slab does for ever, and the pool's thread is not asked again. When the current
 * slab has no room, another is asked for; one that is no longer current goes back to the pool with its last
 * packet. What a channel holds so is bounded by the fair share, as the pool's thread grants each slab; what
 * it needs at least, a slab for its largest packet, it keeps for as long as its source gives.
 *
 * Packets are numbered as blocks of the pool are, by their first granule, and have the same room in front of
 * their payload.
 */

/** A slab is an eighth larger than the largest packet. */
const SLAB_FACTOR = 9 / 8;

interface Slab {
  /** The block of the pool, whose number is that of its first packet as well. */
  readonly block: number;
  /** The granule behind it. */
  readonly end: number;
  /** The granule that the next packet begins at. */
  next: number;
  /** Packets in it that have not been released, one that is being written included. */
  packets: number;
}

/** The source of an arena, as far as it needs it. */
export interface SlabOwner {
  /** Asks for a slab: {@link SlabArena.onSlab} is the answer, sooner or later. */
  askForSlab(bytes: number, largest: number): void;
  returnSlab(block: number): void;
  /** A packet has been released. */
  onReleased(block: PacketBlock): void;
  /** A packet has been sent, and is kept. */
  onSent?(block: PacketBlock): void;
  /** There is room again for what was refused. */
  onRoom(): void;
}

export class SlabArena implements BlockReturn {
  readonly #owner: SlabOwner;
  /** Granules of the smallest slab. */
  readonly #least: number;
  /** Granules of the largest slab that can be had. */
  readonly #most: number;
  #current: Slab | undefined;
  /** Leased and not written to yet. */
  #spare: Slab | undefined;
  /** Full, with packets that have not been released. */
  #full: Slab[] = [];
  /** Granules of the largest packet. */
  #largest = 0;
  #asked = false;
  /** Granules of the packet that there was no room for; 0: none. */
  #refused = 0;
  #closed = false;

  /**
   * @param least bytes of the smallest slab
   * @param most bytes of the largest packet
   */
  constructor(owner: SlabOwner, least: number, most: number) {
    this.#owner = owner;
    this.#most = granulesFor(most);
    this.#least = Math.min(Math.ceil(least / GRANULE), this.#most);
  }

  /** True from a packet that was refused until there is room for it. */
  get isFull(): boolean {
    return this.#refused > 0;
  }

  /** Slabs that are held, for tests and figures. */
  get slabs(): number {
    return [this.#current, this.#spare, ...this.#full].filter((slab) => slab !== undefined).length;
  }

  /**
   * Takes room for a packet, which is handed out as a {@link PacketBlock} of this arena, or given back by
   * {@link cancel}.
   * @returns its block; {@link NO_BLOCK} when there is no room now: the owner is told when there is
   */
  reserve(bytes: number): number {
    const granules = granulesFor(bytes);
    if (granules > this.#largest) this.#largest = granules;
    let slab = this.#current;
    if (slab === undefined || slab.end - slab.next < granules) {
      slab = this.#nextSlab(granules);
      if (slab === undefined) return NO_BLOCK;
    }
    const block = slab.next;
    slab.next += granules;
    slab.packets++;
    return block;
  }

  /** Asks for a slab ahead of the first packet, which may be of so many bytes. */
  prepare(bytes: number): void {
    const granules = Math.min(granulesFor(bytes), this.#most);
    if (this.#current === undefined && this.#spare === undefined) this.#ask(granules);
  }

  /**
   * Takes what is left of a slab for a packet of unknown size, the last one of the arena until it is {@link
   * finish}ed, or given back by {@link cancel}. Where less is left than the largest packet took, another slab
   * is asked for.
   * @returns its block; {@link NO_BLOCK} when there is none
   */
  open(): number {
    const granules = Math.max(this.#largest, granulesFor(1));
    let slab = this.#current;
    if (slab === undefined || slab.end - slab.next < granules) {
      slab = this.#nextSlab(granules) ?? this.#current;
      if (slab === undefined || slab.end - slab.next < granulesFor(1)) return NO_BLOCK;
    }
    slab.packets++;
    return slab.next;
  }

  /** Bytes that a packet that was opened has room for. */
  roomOf(block: number): number {
    const slab = this.#slabOf(block)!;
    return (slab.end - block - granulesFor(0)) * GRANULE;
  }

  /** A packet that was opened has so many bytes. */
  finish(block: number, bytes: number): void {
    const granules = granulesFor(bytes);
    if (granules > this.#largest) this.#largest = granules;
    this.#slabOf(block)!.next = block + granules;
  }

  /** Gives back the packet that was reserved last, which was not handed out. */
  cancel(block: number): void {
    const slab = this.#slabOf(block);
    if (slab === undefined) return;
    slab.next = block;
    this.#release(slab);
  }

  /** The answer to a question for a slab. */
  onSlab(block: number, bytes: number): void {
    this.#asked = false;
    if (this.#closed || (this.#refused === 0 && this.#current?.packets === 0)) {
      this.#owner.returnSlab(block);
      return;
    }
    if (this.#spare !== undefined) this.#owner.returnSlab(this.#spare.block);
    this.#spare = { block, end: block + Math.floor(bytes / GRANULE), next: block, packets: 0 };
    const wanted = this.#refused;
    if (wanted === 0) return;
    this.#refused = 0;
    // A larger packet may have come since it was asked for.
    if (this.#nextSlab(wanted) !== undefined) this.#owner.onRoom();
  }

  returnBlock(block: PacketBlock): void {
    const slab = this.#slabOf(block.index);
    this.#owner.onReleased(block);
    if (slab !== undefined) this.#release(slab);
  }

  noteSent(block: PacketBlock): void {
    this.#owner.onSent?.(block);
  }

  /** Gives back what holds no packet: nothing is expected for a while. */
  trim(): void {
    this.#returnSpare();
    const current = this.#current;
    if (current === undefined || current.packets > 0) return;
    this.#current = undefined;
    this.#owner.returnSlab(current.block);
  }

  /** No packet is written any more. What is still under way goes back with its last holder. */
  close(): void {
    this.#closed = true;
    this.#refused = 0;
    this.trim();
  }

  /** A slab with so much room becomes the current one; undefined, and asked for, when there is none. */
  #nextSlab(granules: number): Slab | undefined {
    const current = this.#current;
    if (current !== undefined && current.end - current.next >= granules) return current;
    const spare = this.#spare;
    if (spare !== undefined && spare.end - spare.next >= granules) {
      this.#retire();
      this.#spare = undefined;
      this.#current = spare;
      return spare;
    }
    this.#returnSpare();
    if (current?.packets === 0) this.#retire();
    this.#refused = granules;
    this.#ask();
    return undefined;
  }

  /** @param expected granules of a packet that may come */
  #ask(expected = 0): void {
    if (this.#asked || this.#closed) return;
    this.#asked = true;
    const granules = Math.max(this.#least, expected, Math.ceil(this.#largest * SLAB_FACTOR));
    const largest = Math.min(Math.max(this.#largest, 1), this.#most);
    this.#owner.askForSlab(Math.min(granules, this.#most) * GRANULE, largest * GRANULE);
  }

  /** The current slab is filled no further. */
  #retire(): void {
    const current = this.#current;
    if (current === undefined) return;
    this.#current = undefined;
    if (current.packets === 0) this.#owner.returnSlab(current.block);
    else this.#full.push(current);
  }

  #returnSpare(): void {
    if (this.#spare === undefined) return;
    this.#owner.returnSlab(this.#spare.block);
    this.#spare = undefined;
  }

  /** One of its packets is over. */
  #release(slab: Slab): void {
    if (--slab.packets > 0) return;
    if (slab !== this.#current) {
      this.#full = this.#full.filter((one) => one !== slab);
      this.#owner.returnSlab(slab.block);
      return;
    }
    slab.next = slab.block;
    if (this.#closed) this.trim();
    else if (this.#refused > 0 && slab.end - slab.next >= this.#refused) {
      this.#refused = 0;
      this.#owner.onRoom();
    }
  }

  #slabOf(block: number): Slab | undefined {
    const current = this.#current;
    if (current !== undefined && block >= current.block && block < current.end) return current;
    return this.#full.find((slab) => block >= slab.block && block < slab.end);
  }
}
