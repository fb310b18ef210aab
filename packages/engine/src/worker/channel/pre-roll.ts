import { Command, PacketFlag } from '../../memory/ring.js';
import type { PacketDescriptor } from './held-packets.js';
import type { PacketBlock } from './packet-block.js';

/** A packet that is kept for the segment that starts next. */
export interface KeptPacket extends PacketDescriptor {
  readonly block: PacketBlock;
  /** Of a key frame, where they are told apart. */
  readonly id?: string | undefined;
}

/** Without a key frame for so many times its length, what is kept is given up: it would grow without end. */
const LONGEST_GROUP = 4;
/** Of which at least so much is kept, in ms. */
const LEAST_LONGEST = 30_000;

/**
 * The latest media between two segments: at least `length` ms of it, from a key frame on, so that whoever
 * sees the next segment sees its first picture. Packets of a source come here instead of going out.
 */
export class PreRoll {
  readonly #length: number;
  readonly #giveUp: (packet: KeptPacket) => void;
  readonly #isKeyFrame: (packet: KeptPacket) => boolean;
  readonly #idOf: ((packet: KeptPacket) => string | undefined) | undefined;
  #packets: KeptPacket[] = [];
  /** Numbers, since the first packet of all, of those that the kept media may begin with. */
  #starts: number[] = [];
  /** The number of the oldest one that is kept. */
  #first = 0;
  #hasVideo = false;

  /**
   * @param length ms
   * @param giveUp is handed, in their order, the packets that are not kept any longer
   * @param isKeyFrame looks into a picture whose source does not say
   * @param idOf tells key frames apart, where that is of use
   */
  constructor(
    length: number,
    giveUp: (packet: KeptPacket) => void,
    isKeyFrame: (packet: KeptPacket) => boolean,
    idOf?: (packet: KeptPacket) => string | undefined,
  ) {
    this.#length = length;
    this.#giveUp = giveUp;
    this.#isKeyFrame = isKeyFrame;
    this.#idOf = idOf;
  }

  add({ command, codec, flags, bytes, dts, pts, configuration }: PacketDescriptor, block: PacketBlock): void {
    let packet: KeptPacket = { command, codec, flags, bytes, dts, pts, configuration, block };
    if (command === Command.video && !this.#hasVideo) {
      this.#hasVideo = true;
      // Sound alone could begin anywhere; now it must not.
      this.#starts = [];
    }
    if (this.#isStart(packet)) {
      this.#starts.push(this.#first + this.#packets.length);
      if (this.#idOf !== undefined) packet = { ...packet, id: this.#idOf(packet) };
    }
    this.#packets.push(packet);
    this.#trim(timeOf(packet));
  }

  /** True when the kept media begins with a key frame, or, without video, with sound. */
  get hasStart(): boolean {
    return this.#starts.length > 0;
  }

  /** Those that the kept media may begin with, in their order. */
  get starts(): readonly KeptPacket[] {
    return this.#starts.map((start) => this.#packets[start - this.#first]!);
  }

  /** Gives up all that came before one of them. */
  beginWith(start: KeptPacket): void {
    this.#giveUpBefore(this.#first + this.#packets.indexOf(start));
  }

  giveUpAll(): void {
    this.#giveUpBefore(this.#first + this.#packets.length);
  }

  /** The pool has little room: all but the latest group of pictures is given up. */
  relieve(): void {
    const latest = this.#starts.at(-1);
    if (latest !== undefined) this.#giveUpBefore(latest);
  }

  /** Hands over what is kept, in its order: from a key frame on, where there is one. */
  takeAll(): KeptPacket[] {
    this.#giveUpBefore(this.#starts[0] ?? this.#first + this.#packets.length);
    const packets = this.#packets;
    this.#first += packets.length;
    this.#packets = [];
    this.#starts = [];
    return packets;
  }

  #isStart(packet: KeptPacket): boolean {
    const { command, flags } = packet;
    if (command !== Command.video) return !this.#hasVideo;
    if ((flags & PacketFlag.keyFrameKnown) === 0) return this.#isKeyFrame(packet);
    return (flags & PacketFlag.keyFrame) !== 0;
  }

  #trim(now: number): void {
    let start: number | undefined;
    for (const next of this.#starts) {
      if (now - timeOf(this.#packets[next - this.#first]!) < this.#length) break;
      start = next;
    }
    // Packets in front of the first key frame are of no use either.
    const begin = start ?? this.#starts[0];
    if (begin !== undefined) this.#giveUpBefore(begin);
    const age = now - timeOf(this.#packets[0]!);
    if (age > Math.max(LEAST_LONGEST, this.#length * LONGEST_GROUP)) {
      this.#giveUpBefore(this.#first + this.#packets.length);
    }
  }

  #giveUpBefore(start: number): void {
    const count = start - this.#first;
    if (count <= 0) return;
    const gone = this.#packets.splice(0, count);
    this.#first = start;
    this.#starts = this.#starts.filter((one) => one >= start);
    let next = 0;
    try {
      while (next < count) this.#giveUp(gone[next++]!);
    } finally {
      // Behind a fault.
      for (const { block } of gone.slice(next)) block.release(false);
    }
  }
}

/** Sources that do not know when a picture is decoded say when it is shown. */
export function timeOf({ dts, pts }: PacketDescriptor): number {
  return Number.isNaN(dts) ? pts : dts;
}
