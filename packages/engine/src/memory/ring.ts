/**
 * The ring that carries packet descriptors from the caller's thread to one shard: single producer, single
 * consumer, no locks. A slot is 64 bytes, one cache line. The payload itself stays in the pool; the ring is
 * the one order of everything that happens to a channel: opened, packets, metadata, closed.
 *
 * The consumer says when it goes to sleep; the producer then rings a doorbell, once, for the next descriptor.
 * A consumer that is awake is never disturbed, and one that wakes up by itself before long is not for what
 * can wait until then.
 */

/** The request of a descriptor to its shard. */
export const Command = {
  /** A channel's configuration waits in the control port. */
  open: 1,
  video: 2,
  audio: 3,
  /** An AMF0-encoded data message. */
  data: 4,
  /** Flush what came before, end the stream, and forget the channel. Always a channel's last descriptor. */
  close: 5,
  /**
   * A destination's configuration waits in the control port; its number stands in the descriptor as `bytes`.
   */
  attach: 6,
  /** The destination whose number stands in the descriptor as `bytes` gets nothing of what follows. */
  detach: 7,
  /** A record of metadata (see `record.ts`). */
  metadata: 8,
  /** The channel is to go on with another shard: give it up, or say that it stays. */
  release: 9,
} as const;
export type Command = (typeof Command)[keyof typeof Command];

/**
 * Bits of a descriptor's flags. `behindLoss`: a picture that should have come in front of this one will not
 * come.
 */
export const PacketFlag = { keyFrameKnown: 1, keyFrame: 2, encrypted: 4, behindLoss: 8 } as const;

const SLOT_BYTES = 64;
const SLOT_WORDS = SLOT_BYTES / 4;
const SLOT_DOUBLES = SLOT_BYTES / 8;

// Words of the control block. Each index has a cache line of its own: the two sides never write the same
// line.
const HEAD = 0;
const TAIL = 16;
const SLEEP = 32;
const CONTROL_BYTES = 192;

/** Depths of the consumer's sleep. */
const Sleep = { awake: 0, untilCalled: 1, untilDue: 2 } as const;

// Words of a slot.
const COMMAND = 0;
const CHANNEL = 1;
const BLOCK = 2;
const BYTES = 3;
const CODEC = 4;
const FLAGS = 5;
// Doubles of a slot, behind the words.
const DTS = 3;
const PTS = 4;
const ENQUEUED_AT = 5;

/**
 * Descriptors that a shard's ring holds; a power of two. At 144,000 packets a second (2,000 channels) it
 * bridges 0.45 s.
 */
export const RING_SLOTS = 65_536;

/** Makes the shared memory of a ring with `slots` descriptors, a power of two. */
export function newRing(slots = RING_SLOTS): SharedArrayBuffer {
  if (slots < 2 || (slots & (slots - 1)) !== 0)
    throw new RangeError(`ring slots ${slots} is not a power of two`);
  return new SharedArrayBuffer(CONTROL_BYTES + slots * SLOT_BYTES);
}

abstract class Ring {
  protected readonly control: Int32Array;
  protected readonly words: Int32Array;
  protected readonly doubles: Float64Array;
  protected readonly mask: number;

  constructor(memory: SharedArrayBuffer) {
    const slots = (memory.byteLength - CONTROL_BYTES) / SLOT_BYTES;
    this.control = new Int32Array(memory, 0, CONTROL_BYTES / 4);
    this.words = new Int32Array(memory, CONTROL_BYTES);
    this.doubles = new Float64Array(memory, CONTROL_BYTES);
    this.mask = slots - 1;
  }
}

/** The caller's side. */
export class RingProducer extends Ring {
  #head = 0;
  /** The consumer's position when this side last looked. */
  #seenTail = 0;

  /**
   * Adds a descriptor.
   * @returns false when the ring is full; nothing was added.
   */
  push(
    command: Command,
    channel: number,
    block: number,
    bytes: number,
    codec: number,
    flags: number,
    dts: number,
    pts: number,
    enqueuedAt: number,
  ): boolean {
    const head = this.#head;
    // Indices count up for ever and wrap at 2^32; their difference is right all the same.
    if (((head - this.#seenTail) | 0) > this.mask) {
      this.#seenTail = Atomics.load(this.control, TAIL);
      if (((head - this.#seenTail) | 0) > this.mask) return false;
    }
    const slot = head & this.mask;
    const words = this.words;
    const at = slot * SLOT_WORDS;
    words[at + COMMAND] = command;
    words[at + CHANNEL] = channel;
    words[at + BLOCK] = block;
    words[at + BYTES] = bytes;
    words[at + CODEC] = codec;
    words[at + FLAGS] = flags;
    const doubles = this.doubles;
    const d = slot * SLOT_DOUBLES;
    doubles[d + DTS] = dts;
    doubles[d + PTS] = pts;
    doubles[d + ENQUEUED_AT] = enqueuedAt;
    this.#head = (head + 1) | 0;
    // The atomic store publishes the slot: whoever reads the new head sees everything written before it.
    Atomics.store(this.control, HEAD, this.#head);
    return true;
  }

  /** Whether the consumer sleeps, and would not even look for what can wait before it is called. */
  get sleepsUntilCalled(): boolean {
    return Atomics.load(this.control, SLEEP) === Sleep.untilCalled;
  }

  /**
   * True once for each time that the consumer went to sleep, and when a consumer that takes its time has let
   * the ring become half full: ring its doorbell then. Call it after every {@link push}.
   * @param canWait the descriptor may lie until a consumer wakes up that does so by itself
   */
  mustWake(canWait = false): boolean {
    const sleep = Atomics.load(this.control, SLEEP);
    if (sleep === Sleep.untilCalled || (sleep === Sleep.untilDue && !canWait))
      return Atomics.exchange(this.control, SLEEP, Sleep.awake) !== Sleep.awake;
    // Looked at once every half ring, on a slot that stands for it: the common case costs no shared load.
    const half = (this.mask + 1) >> 1;
    return (this.#head & (half - 1)) === 0 && ((this.#head - Atomics.load(this.control, TAIL)) | 0) >= half;
  }
}

/** The shard's side: {@link read} puts the fields of a descriptor that waits into this object. */
export class RingConsumer extends Ring {
  command: Command = Command.open;
  channel = 0;
  block = 0;
  bytes = 0;
  codec = 0;
  flags = 0;
  /** Decoding time, ms on the caller's clock; NaN when the caller gave none. */
  dts = 0;
  /** Presentation time, ms on the caller's clock; NaN, of metadata only: the time of the latest media. */
  pts = 0;
  /** Time at which the caller handed the packet over, in ms of the monotonic clock. */
  enqueuedAt = 0;
  /**
   * The decoder configuration that the channel was opened with; undefined: packets bring it along. Set by the
   * channel.
   */
  configuration: Uint8Array | undefined = undefined;
  #tail = 0;

  /** Descriptors that wait to be read. */
  get waiting(): number {
    return (Atomics.load(this.control, HEAD) - this.#tail) | 0;
  }

  /** The channel of a waiting descriptor; 0 is the oldest. */
  channelAt(index: number): number {
    return this.words[((this.#tail + index) & this.mask) * SLOT_WORDS + CHANNEL]!;
  }

  /** Reads a waiting descriptor; 0 is the oldest. Its slot stays taken until {@link commit}. */
  read(index: number): void {
    const slot = (this.#tail + index) & this.mask;
    const words = this.words;
    const at = slot * SLOT_WORDS;
    this.command = words[at + COMMAND]! as Command;
    this.channel = words[at + CHANNEL]!;
    this.block = words[at + BLOCK]!;
    this.bytes = words[at + BYTES]!;
    this.codec = words[at + CODEC]!;
    this.flags = words[at + FLAGS]!;
    const doubles = this.doubles;
    const d = slot * SLOT_DOUBLES;
    this.dts = doubles[d + DTS]!;
    this.pts = doubles[d + PTS]!;
    this.enqueuedAt = doubles[d + ENQUEUED_AT]!;
  }

  /** Gives the slots of the oldest `count` waiting descriptors back to the producer. */
  commit(count: number): void {
    this.#tail = (this.#tail + count) | 0;
    Atomics.store(this.control, TAIL, this.#tail);
  }

  /**
   * Declares this side asleep.
   * @param wakesUp it will {@link wake} by itself in time for what can wait
   * @returns false when a descriptor has arrived meanwhile: the caller must stay awake and read on.
   */
  sleep(wakesUp = false): boolean {
    Atomics.store(this.control, SLEEP, wakesUp ? Sleep.untilDue : Sleep.untilCalled);
    // The producer stores its head before it looks at the flag, this side the other way round: one of the two
    // always sees the other, so no descriptor is left lying behind a sleeping consumer.
    if (Atomics.load(this.control, HEAD) === this.#tail) return true;
    Atomics.store(this.control, SLEEP, Sleep.awake);
    return false;
  }

  /** Wakes up without having been called: {@link waiting} tells what has come meanwhile. */
  wake(): void {
    Atomics.store(this.control, SLEEP, Sleep.awake);
  }
}
