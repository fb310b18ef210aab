import type { MonotonicClock } from '../../base/clock.js';
import type { SourcePacket } from '../packet.js';
import type { PacketReader } from '../reader.js';

/** A longer gap, in ms, is no pause of the media, but a clock that has been set: nobody waits for it. */
const LONGEST_GAP = 10_000;
/** The same of a step back. */
const LONGEST_STEP_BACK = 1000;

/** A track on the reader's clock, in ms. */
interface Track {
  /** Added to its times. */
  shift: number;
  /** Decoding time of its latest packet. */
  last: number;
  /** Length of a packet, as it was before its first jump. */
  duration: number;
  hasJumped: boolean;
}

/** Settings of a {@link SteadyReader}. */
export interface SteadyOptions {
  /** Takes a sentence about the first jump. */
  readonly onJump: (notice: string) => void;
  /** Of media that comes as it is made: a gap that has passed meanwhile is one. Left out: all is at hand. */
  readonly clock?: MonotonicClock | undefined;
}

/**
 * Keeps the times of a reader going where its clock was set, ahead or back: the media behind such a jump
 * follows at once, and the tracks stay together. Packets without a jump in front go through as they are.
 */
export class SteadyReader implements PacketReader {
  readonly #inner: PacketReader;
  readonly #options: SteadyOptions;
  readonly #video = newTrack();
  readonly #audio = newTrack();
  /** The latest decoding time of all tracks. */
  #latest = Number.NaN;
  #takenAt = 0;
  #hasTold = false;

  constructor(inner: PacketReader, options: SteadyOptions) {
    this.#inner = inner;
    this.#options = options;
  }

  get ended(): boolean {
    return this.#inner.ended;
  }

  more(): Promise<void> {
    return this.#inner.more();
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  next(): SourcePacket | undefined {
    const packet = this.#inner.next();
    if (packet === undefined) return undefined;
    const [track, other] = packet.kind === 'video' ? [this.#video, this.#audio] : [this.#audio, this.#video];
    if (!Number.isNaN(this.#latest) && !this.#follows(track, packet.dts + track.shift))
      this.#jump(track, other, packet);
    const { shift, hasJumped } = track;
    const dts = packet.dts + shift;
    track.last = dts;
    if (!hasJumped) track.duration = packet.duration;
    this.#latest = Number.isNaN(this.#latest) ? dts : Math.max(this.#latest, dts);
    this.#takenAt = this.#options.clock?.now() ?? 0;
    if (!hasJumped) return packet;
    // An average length has the jump in it.
    return { ...packet, dts, pts: packet.pts + shift, duration: track.duration };
  }

  #follows(track: Track, time: number): boolean {
    const passed = (this.#options.clock?.now() ?? 0) - this.#takenAt;
    return time - this.#latest <= LONGEST_GAP + passed && !(track.last - time > LONGEST_STEP_BACK);
  }

  /** Goes with the other track, if that has jumped to the same clock; else right behind what there was. */
  #jump(track: Track, other: Track, { dts }: SourcePacket): void {
    const step = dts + track.shift - this.#latest;
    const from = this.#latest;
    track.hasJumped = true;
    if (this.#follows(track, dts + other.shift)) track.shift = other.shift;
    else {
      const behind = Number.isNaN(track.last) ? this.#latest : track.last + Math.max(track.duration, 1);
      track.shift = Math.max(behind, this.#latest) - dts;
    }
    if (this.#hasTold) return;
    this.#hasTold = true;
    const way = step > 0 ? 'ahead' : 'back';
    this.#options.onJump(
      `the timestamps jump ${way} by ${seconds(Math.abs(step))} at ${seconds(from)}: it goes on there at once`,
    );
  }
}

function newTrack(): Track {
  return { shift: 0, last: Number.NaN, duration: 0, hasJumped: false };
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
