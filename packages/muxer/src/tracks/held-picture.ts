import { MuxerError } from '../errors.js';
import { limits } from '../limits.js';
import type { MediaPacket } from '../media-packet.js';

/** Room in front of the first start code, for the tag header and the transport's chunk header. */
const HEADROOM = 48;

/**
 * A picture whose slices come in packets of their own: a copy of those that have come, as one packet. Its
 * memory goes with the tag that is made of it, so that each picture has memory of its own.
 */
export class HeldPicture {
  #bytes = new Uint8Array(0);
  #size = 0;
  #dts = Number.NaN;
  #pts = Number.NaN;
  #keyFrame: boolean | undefined;
  /** Packets that are in it; 0: none is held. */
  packets = 0;

  get data(): Uint8Array {
    return this.#bytes.subarray(HEADROOM, HEADROOM + this.#size);
  }

  begin({ data, dts, pts, keyFrame }: MediaPacket): void {
    this.#dts = dts;
    this.#pts = pts;
    this.#keyFrame = keyFrame;
    this.#bytes = new Uint8Array(HEADROOM + Math.max(2 * data.length, this.#size));
    this.#bytes.set(data, HEADROOM);
    this.#size = data.length;
    this.packets = 1;
  }

  /** Throws MuxerError when there is more than a message can hold. */
  append({ data }: MediaPacket): void {
    const size = this.#size + data.length;
    if (size > limits.messageSize) throw tooLarge(size);
    if (HEADROOM + size > this.#bytes.length) {
      const larger = new Uint8Array(HEADROOM + 2 * size);
      larger.set(this.#bytes.subarray(0, HEADROOM + this.#size));
      this.#bytes = larger;
    }
    this.#bytes.set(data, HEADROOM + this.#size);
    this.#size = size;
    this.packets++;
  }

  /** Distance of a packet's times from those of the picture, in ms; 0 also where neither has any. */
  distance({ dts, pts }: MediaPacket): number {
    return Math.max(apart(dts, this.#dts), apart(pts, this.#pts));
  }

  /** Gives the picture up as one packet, which may be written to. */
  take(): MediaPacket {
    const { data } = this;
    this.packets = 0;
    this.#bytes = new Uint8Array(0);
    return { data, headroom: HEADROOM, dts: this.#dts, pts: this.#pts, keyFrame: this.#keyFrame };
  }

  drop(): void {
    this.packets = 0;
    this.#bytes = new Uint8Array(0);
  }
}

function apart(a: number, b: number): number {
  return Object.is(a, b) ? 0 : Math.abs(a - b);
}

function tooLarge(actual: number): MuxerError {
  return new MuxerError('ERR_CLOUDPUSH_VIDEO_TOO_LARGE', {
    offset: 0,
    actual,
    permitted: `≤ ${limits.messageSize} bytes`,
  });
}
