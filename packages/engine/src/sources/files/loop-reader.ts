import { MutablePacket, type SourcePacket } from '../packet.js';
import type { PacketReader } from '../reader.js';
import { AudioSeam } from './audio-seam.js';

/**
 * Audio that outlasts the pictures by less than this many ms is the encoder's padding, and is cut off between
 * passes.
 */
const MAX_TAIL = 250;

/** Start and end of a track within a pass, in ms. */
interface Extent {
  start: number;
  end: number;
}

/**
 * Plays a source several times over as one unbroken stream: the clock goes on from pass to pass with neither
 * a jump nor an overlap on either track, and the tracks stay together.
 *
 * The pictures set the length of a pass (the audio does when there are none, or when it goes on for much
 * longer). Audio that starts after the last picture has ended is held back until it is known whether another
 * picture follows; at the end of a pass, as much of it goes out as fits in front of the sound of the next
 * pass.
 */
export class LoopReader implements PacketReader {
  readonly #open: () => PacketReader;
  readonly #passes: number;
  readonly #out = new MutablePacket();
  readonly #seam = new AudioSeam();
  #inner: PacketReader;
  #pass = 0;
  #shift = 0;
  #video: Extent | undefined;
  #audio: Extent | undefined;
  #held: SourcePacket[] = [];
  #releasing = false;
  /** The packets behind the last picture of the pass have been looked through. */
  #tailDone = false;
  #current: SourcePacket | undefined;
  #timesLeft = 0;
  #done = false;

  /** @param passes how often the source is played; `Infinity` for ever. */
  constructor(open: () => PacketReader, passes: number) {
    this.#open = open;
    this.#passes = passes;
    this.#inner = open();
  }

  get ended(): boolean {
    return this.#done;
  }

  more(): Promise<void> {
    return this.#inner.more();
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  next(): SourcePacket | undefined {
    while (this.#timesLeft === 0) {
      const packet = this.#takeHeld() ?? this.#take();
      if (packet === undefined) return undefined;
      this.#current = packet;
      this.#timesLeft = packet.kind === 'video' || packet.isHeader === true ? 1 : this.#seam.admit(packet);
    }
    this.#timesLeft--;
    return this.#stamp(this.#current!);
  }

  #stamp(packet: SourcePacket): SourcePacket {
    if (packet.kind === 'video' || packet.isHeader === true) return this.#out.restamp(packet, this.#shift);
    this.#out.restamp(packet, this.#seam.shift);
    this.#seam.gave(packet);
    return this.#out;
  }

  #takeHeld(): SourcePacket | undefined {
    if (!this.#releasing) return undefined;
    const packet = this.#held.shift();
    if (packet === undefined) {
      this.#releasing = false;
    } else if (packet.kind === 'audio') {
      this.#audio = extend(this.#audio, packet);
    }
    return packet;
  }

  /** The next packet of the source that is not to be held back; starts the next pass where one ends. */
  #take(): SourcePacket | undefined {
    while (true) {
      const packet = this.#inner.next();
      if (packet === undefined) {
        if (!this.#inner.ended) return undefined;
        if (this.#releaseTail()) return this.#takeHeld();
        if (!this.#endPass()) return undefined;
        continue;
      }
      if (packet.isHeader === true) {
        if (this.#pass === 0) return packet;
        continue;
      }
      if (packet.kind === 'video' || !this.#isTail(packet)) return this.#takeMedia(packet);
      this.#held.push({ ...packet });
    }
  }

  /** A packet goes out, behind those that were held back. */
  #takeMedia(packet: SourcePacket): SourcePacket | undefined {
    if (packet.kind === 'video') this.#video = extend(this.#video, packet);
    if (this.#held.length > 0) return this.#release(packet);
    if (packet.kind === 'audio') this.#audio = extend(this.#audio, packet);
    return packet;
  }

  /** Lets go of the packets that were held back, and of `packet` behind them. */
  #release(packet: SourcePacket): SourcePacket | undefined {
    this.#held.push({ ...packet });
    this.#releasing = true;
    return this.#takeHeld();
  }

  /**
   * Gives out sound that was held back. Where pictures are reordered, sound begins later than they do in
   * every pass: it fills the time until sound begins in the next one. Returns false when there is none.
   */
  #releaseTail(): boolean {
    if (this.#tailDone || this.#audio === undefined || this.#video === undefined) return false;
    this.#tailDone = true;
    const nextStart = this.#passLength() + this.#audio.start;
    this.#held = this.#held.filter(({ dts, duration }) => dts + duration / 2 <= nextStart);
    this.#releasing = this.#held.length > 0;
    return this.#releasing;
  }

  #isTail(packet: SourcePacket): boolean {
    if (this.#video === undefined || this.#pass + 1 >= this.#passes) return false;
    const overhang = packet.dts - this.#video.end;
    return overhang >= 0 && overhang < MAX_TAIL;
  }

  /** Returns false when it was the last pass. */
  #endPass(): boolean {
    this.#held.length = 0;
    this.#tailDone = false;
    const length = this.#passLength();
    if (this.#pass + 1 >= this.#passes || length <= 0) {
      this.#done = true;
      return false;
    }
    this.#pass++;
    this.#shift += length;
    this.#seam.begin(this.#shift);
    this.#video = undefined;
    this.#audio = undefined;
    this.#inner = this.#open();
    return true;
  }

  #passLength(): number {
    const video = this.#video;
    const audio = this.#audio;
    if (video === undefined || audio === undefined) {
      const only = video ?? audio;
      return only === undefined ? 0 : only.end - only.start;
    }
    return audio.end - video.end > MAX_TAIL
      ? Math.max(video.end, audio.end) - Math.min(video.start, audio.start)
      : video.end - video.start;
  }
}

function extend(extent: Extent | undefined, packet: SourcePacket): Extent {
  if (extent === undefined) {
    return { start: packet.dts, end: packet.dts + packet.duration };
  }
  extent.end = packet.dts + packet.duration;
  return extent;
}
