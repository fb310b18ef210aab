import type { TrackStatistics } from './track-statistics.js';
import { unwrap16 } from './unwrap.js';

/** Receives packets in the order of their sequence numbers. */
export interface OrderedPacketHandler {
  onPacket(bytes: Uint8Array, start: number, end: number, timestamp: number, marker: boolean): void;
  /** Packets are missing before the next one. */
  onLoss(): void;
  /** The camera has begun a new sequence, which has nothing to do with the one before. */
  onRestart(): void;
}

export interface ReorderLimits {
  readonly maxReorderPackets: number;
  readonly maxReorderTime: number;
  readonly maxReorderBytes: number;
}

interface HeldPacket {
  readonly bytes: Uint8Array;
  readonly timestamp: number;
  readonly marker: boolean;
  readonly arrivedAt: number;
}

/** Leaps of the sequence number that are still loss, forward and backward (RFC 3550 §A.1). */
const MAX_DROPOUT = 3000;
const MAX_MISORDER = 1000;
/** Numbers remembered to tell a duplicate from a packet that is late: a power of two above MAX_MISORDER. */
const MEMORY = 1024;

/**
 * Puts packets into the order of their 16-bit sequence numbers. A packet behind a gap waits for the missing
 * ones until there are too many, too large ones, or it has waited too long; then they are counted as lost. A
 * packet in its turn passes through without a copy.
 */
export class ReorderBuffer {
  readonly #handler: OrderedPacketHandler;
  readonly #limits: ReorderLimits;
  readonly #statistics: TrackStatistics;
  readonly #held = new Map<number, HeldPacket>();
  #heldBytes = 0;
  /** 1 at `sequence % MEMORY`: the packet has come. */
  readonly #received = new Uint8Array(MEMORY);
  /** Sequence number whose turn it is, unwrapped; −1: the next packet is the first. */
  #next = -1;
  /** Highest sequence number that has come, unwrapped. */
  #highest = -1;
  /** A packet far from all others, which the next one may prove to begin a new sequence. */
  #leap: (HeldPacket & { readonly sequence: number }) | undefined;

  constructor(handler: OrderedPacketHandler, limits: ReorderLimits, statistics: TrackStatistics) {
    this.#handler = handler;
    this.#limits = limits;
    this.#statistics = statistics;
  }

  /** Highest sequence number that has come, with the count of its cycles above 16 bits; −1: none. */
  get highest(): number {
    return this.#highest;
  }

  /** Time at which `expire()` has something to do. */
  get deadline(): number {
    // A map keeps the order of insertion: the first one has waited longest.
    for (const { arrivedAt } of this.#held.values()) return arrivedAt + this.#limits.maxReorderTime;
    return Number.POSITIVE_INFINITY;
  }

  push(
    sequence: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    timestamp: number,
    marker: boolean,
    now: number,
  ): void {
    if (this.#next < 0) this.#begin(sequence);
    const unwrapped = unwrap16(this.#next, sequence);
    if (unwrapped === this.#next) {
      this.#arrived(unwrapped);
      this.#advance(unwrapped, 1);
      this.#handler.onPacket(bytes, start, end, timestamp, marker);
      if (this.#held.size > 0) this.#release();
    } else if (unwrapped - this.#next > MAX_DROPOUT || this.#next - unwrapped > MAX_MISORDER) {
      const packet = Uint8Array.prototype.slice.call(bytes, start, end);
      this.#leapt({ sequence, bytes: packet, timestamp, marker, arrivedAt: now });
    } else if (unwrapped < this.#next) {
      this.#behind(unwrapped);
    } else {
      this.#hold(unwrapped, Uint8Array.prototype.slice.call(bytes, start, end), timestamp, marker, now);
    }
    if (this.#held.size > 0) this.expire(now);
  }

  /** Gives up missing packets that others have waited for too long. */
  expire(now: number): void {
    const { maxReorderPackets, maxReorderBytes } = this.#limits;
    while (
      this.#held.size > 0 &&
      (this.#held.size > maxReorderPackets || this.#heldBytes > maxReorderBytes || now >= this.deadline)
    ) {
      this.#skipGap();
    }
  }

  /** Hands on everything that waits: nothing more will come. */
  flush(): void {
    while (this.#held.size > 0) this.#skipGap();
  }

  /** Begins anew with the next packet: it belongs to another sequence. */
  restart(): void {
    this.flush();
    this.#next = -1;
    this.#statistics.restarts++;
    this.#handler.onRestart();
  }

  #begin(sequence: number): void {
    this.#next = sequence + 0x1_0000; // below it there is room for packets that come late
    this.#highest = -1;
    this.#leap = undefined;
    this.#received.fill(0);
  }

  #arrived(sequence: number): void {
    this.#leap = undefined;
    if (sequence > this.#highest) this.#highest = sequence;
    else this.#statistics.reordered++;
  }

  /**
   * A single packet that is far off is damage; two in a row are a camera that has begun again (RFC 3550
   * §A.1).
   */
  #leapt(packet: HeldPacket & { readonly sequence: number }): void {
    const before = this.#leap;
    if (before === undefined || packet.sequence !== ((before.sequence + 1) & 0xffff)) {
      this.#leap = packet;
      this.#statistics.malformed++;
      return;
    }
    this.#statistics.malformed--;
    this.restart();
    for (const { sequence, bytes, timestamp, marker, arrivedAt } of [before, packet]) {
      this.push(sequence, bytes, 0, bytes.length, timestamp, marker, arrivedAt);
    }
  }

  #behind(sequence: number): void {
    if (this.#received[sequence % MEMORY] === 1) {
      this.#statistics.duplicates++;
    } else {
      this.#received[sequence % MEMORY] = 1;
      this.#statistics.late++;
    }
  }

  #hold(sequence: number, bytes: Uint8Array, timestamp: number, marker: boolean, arrivedAt: number): void {
    if (this.#held.has(sequence)) {
      this.#statistics.duplicates++;
      return;
    }
    this.#arrived(sequence);
    this.#heldBytes += bytes.length;
    this.#held.set(sequence, { bytes, timestamp, marker, arrivedAt });
  }

  /** Hands on the held packets whose turn has come. */
  #release(): void {
    for (let packet = this.#held.get(this.#next); packet !== undefined; packet = this.#held.get(this.#next)) {
      this.#held.delete(this.#next);
      this.#heldBytes -= packet.bytes.length;
      this.#advance(this.#next, 1);
      this.#handler.onPacket(packet.bytes, 0, packet.bytes.length, packet.timestamp, packet.marker);
    }
  }

  #skipGap(): void {
    let first = Number.POSITIVE_INFINITY;
    for (const sequence of this.#held.keys()) first = Math.min(first, sequence);
    this.#statistics.lost += first - this.#next;
    for (let sequence = this.#next; sequence < first; sequence++) this.#advance(sequence, 0);
    this.#handler.onLoss();
    this.#release();
  }

  #advance(sequence: number, received: 0 | 1): void {
    this.#received[sequence % MEMORY] = received;
    this.#next = sequence + 1;
  }
}
