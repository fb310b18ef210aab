import { NO_BLOCK, payloadOffset } from '../../memory/block-layout.js';
import type { SlabArena } from './slab-arena.js';

/**
 * Bytes of packets that a shard's sources may hold outside of the pool, all together, while they wait for
 * slabs.
 */
const SPILL_LIMIT = 32 * 1024 * 1024;
/** The same of one source, beside the packet that is being written. */
const SPILL_EACH = 2 * 1024 * 1024;

/** The memory that a shard's sources hold outside of the pool. */
export interface SpillBudget {
  bytes: number;
}

/** The receiver of a track's packets. */
export interface PacketReceiver {
  /** A packet is about to be written. False: it is not wanted. */
  onBegin(): boolean;
  /** A packet of `bytes` lies in the block. */
  onPacket(block: number, bytes: number, pts: number, keyFrame: boolean): void;
  /** A packet was lost, as there was no room for it. */
  onRefused(): void;
}

interface Spilled {
  readonly data: Uint8Array;
  readonly pts: number;
  readonly keyFrame: boolean;
}

/** The memory that a writer may take. */
interface WriterLimits {
  readonly budget: SpillBudget;
  /** Bytes of the largest packet. */
  readonly limit: number;
}

/**
 * Writes the packets of a track piece by piece, as they come in, into slabs of the pool. The size of a packet
 * is not known before its end: one that outgrows its slab, because it is the largest so far, goes on outside
 * of the pool until a larger slab is there; so do those behind it. That is bounded, for the source and for
 * all sources of the shard.
 */
export class TrackWriter {
  readonly #arena: SlabArena;
  readonly #pool: Uint8Array;
  readonly #budget: SpillBudget;
  readonly #limit: number;
  readonly #receiver: PacketReceiver;
  /** The packet that is being written: its block in the pool, or else what holds it outside. */
  #block = NO_BLOCK;
  #spill: Buffer | undefined;
  #offset = 0;
  #room = 0;
  #bytes = 0;
  /** There is no room for the rest of the packet: it is lost. */
  #failed = false;
  /** The packet is not wanted. */
  #skips = false;
  /** Packets that wait for a slab, in their order. */
  readonly #waiting: Spilled[] = [];
  #waitingBytes = 0;

  constructor(arena: SlabArena, pool: Uint8Array, { budget, limit }: WriterLimits, receiver: PacketReceiver) {
    this.#arena = arena;
    this.#pool = pool;
    this.#budget = budget;
    this.#limit = limit;
    this.#receiver = receiver;
  }

  begin(): void {
    this.#skips = !this.#receiver.onBegin();
    if (this.#block !== NO_BLOCK || this.#spill !== undefined) this.abort();
    this.#bytes = 0;
    this.#failed = false;
    this.#room = 0;
    if (this.#skips || this.#waiting.length > 0) return;
    this.#block = this.#arena.open();
    if (this.#block === NO_BLOCK) return;
    this.#offset = payloadOffset(this.#block);
    this.#room = this.#arena.roomOf(this.#block);
  }

  append(bytes: Uint8Array, start: number, end: number): void {
    if (this.#skips) return;
    const after = this.#bytes + end - start;
    if (after > this.#room && !this.#grow(after)) return;
    const target = this.#spill ?? this.#pool;
    const whole = start === 0 && end === bytes.length;
    target.set(whole ? bytes : bytes.subarray(start, end), this.#offset + this.#bytes);
    this.#bytes = after;
  }

  end(pts: number, keyFrame: boolean): void {
    if (this.#skips) return;
    if (this.#failed) {
      this.abort();
      this.#receiver.onRefused();
    } else if (this.#spill !== undefined) this.#endSpilled(this.#spill, pts, keyFrame);
    else if (this.#block !== NO_BLOCK) {
      const block = this.#block;
      this.#block = NO_BLOCK;
      this.#arena.finish(block, this.#bytes);
      this.#receiver.onPacket(block, this.#bytes, pts, keyFrame);
    }
  }

  abort(): void {
    if (this.#block !== NO_BLOCK) this.#arena.cancel(this.#block);
    this.#block = NO_BLOCK;
    this.#dropSpill();
    this.#failed = false;
  }

  /** There is room again. */
  onRoom(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const block = this.#arena.reserve(next.data.length);
      if (block === NO_BLOCK) return;
      this.#pool.set(next.data, payloadOffset(block));
      this.#forget(this.#waiting.shift()!);
      this.#receiver.onPacket(block, next.data.length, next.pts, next.keyFrame);
    }
  }

  close(): void {
    this.abort();
    for (const packet of this.#waiting.splice(0)) this.#forget(packet);
  }

  /** The packet goes on outside of the pool. False when it may not: it is lost. */
  #grow(bytes: number): boolean {
    if (this.#failed) return false;
    const size = Math.min(this.#limit, Math.max(bytes, 2 * this.#room, 64 * 1024));
    const held = this.#spill?.length ?? 0;
    if (bytes > this.#limit || this.#budget.bytes + size - held > SPILL_LIMIT) {
      this.#failed = true;
      return false;
    }
    const grown = Buffer.allocUnsafe(size);
    const from = this.#spill ?? this.#pool;
    grown.set(from.subarray(this.#offset, this.#offset + this.#bytes));
    if (this.#block !== NO_BLOCK) this.#arena.cancel(this.#block);
    this.#block = NO_BLOCK;
    this.#budget.bytes += size - held;
    this.#spill = grown;
    this.#offset = 0;
    this.#room = size;
    return true;
  }

  #endSpilled(spill: Buffer, pts: number, keyFrame: boolean): void {
    const bytes = this.#bytes;
    if (this.#waiting.length > 0 && this.#waitingBytes + bytes > SPILL_EACH) {
      // No slab comes: what waits is of no use any more, and neither is what refers to it.
      for (const packet of this.#waiting.splice(0)) {
        this.#forget(packet);
        this.#receiver.onRefused();
      }
      this.#dropSpill();
      this.#receiver.onRefused();
      return;
    }
    this.#budget.bytes += bytes;
    this.#waitingBytes += bytes;
    this.#waiting.push({ data: Uint8Array.prototype.slice.call(spill, 0, bytes), pts, keyFrame });
    this.#dropSpill();
    this.onRoom();
  }

  #forget({ data }: Spilled): void {
    this.#budget.bytes -= data.length;
    this.#waitingBytes -= data.length;
  }

  #dropSpill(): void {
    if (this.#spill !== undefined) this.#budget.bytes -= this.#spill.length;
    this.#spill = undefined;
  }
}
