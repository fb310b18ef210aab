import { SyncFrame } from '@cloudpush/muxer';
import type { SourcePacket } from '../packet.js';
import { InvalidMedia, type PacketParser } from './packet-parser.js';
import { Pieces } from './pieces.js';

/** No synchronization frame is longer (ATSC A/52 §E.2.3.1.3). */
const MAX_FRAME_SIZE = 4096;
const SYNC_WORD = Buffer.of(0x0b, 0x77);

/** AC-3 or E-AC-3: one packet an access unit, timed by counting samples. */
export class Ac3Parser implements PacketParser {
  readonly #codec: 'ac3' | 'eac3';
  readonly #pieces = new Pieces();
  readonly #frame = new SyncFrame();
  /** Frames of the access unit that is being put together. */
  #unit: Uint8Array[] = [];
  #unitDuration = 0;
  #time = 0;
  #skipped = 0;

  constructor(codec: 'ac3' | 'eac3') {
    this.#codec = codec;
  }

  get notices(): string[] {
    return this.#skipped === 0 ? [] : [`${this.#skipped} bytes belong to no frame and are left out`];
  }

  push(piece: Uint8Array): SourcePacket[] {
    this.#pieces.push(piece);
    return this.#frames(MAX_FRAME_SIZE);
  }

  end(): SourcePacket[] {
    const packets = this.#frames(1);
    const last = this.#finishUnit();
    return last === undefined ? packets : [...packets, last];
  }

  /** Takes frames while so many bytes are there. */
  #frames(needed: number): SourcePacket[] {
    const packets: SourcePacket[] = [];
    while (this.#pieces.data.length >= needed) {
      if (!this.#readFrame()) {
        this.#resync();
        continue;
      }
      const { first, length, samples, sampleRate, enhanced } = this.#frame;
      if (enhanced !== (this.#codec === 'eac3')) {
        throw new InvalidMedia(
          `this is ${enhanced ? 'E-AC-3' : 'AC-3'}, and the file name says otherwise`,
          this.#pieces.offset,
        );
      }
      if (first) {
        const packet = this.#finishUnit();
        if (packet !== undefined) packets.push(packet);
        this.#unitDuration = (samples * 1000) / sampleRate;
      }
      this.#unit.push(this.#pieces.take(length));
    }
    return packets;
  }

  #readFrame(): boolean {
    try {
      this.#frame.read(this.#pieces.data, 0);
      return true;
    } catch {
      return false;
    }
  }

  #resync(): void {
    const next = this.#pieces.data.indexOf(SYNC_WORD, 1);
    const skipped = next < 0 ? Math.max(1, this.#pieces.data.length - 1) : next;
    this.#pieces.take(skipped);
    this.#skipped += skipped;
  }

  #finishUnit(): SourcePacket | undefined {
    if (this.#unit.length === 0) return undefined;
    const data = this.#unit.length === 1 ? this.#unit[0]! : Buffer.concat(this.#unit);
    const [dts, duration] = [this.#time, this.#unitDuration];
    this.#unit = [];
    this.#time += duration;
    return { kind: 'audio', codec: this.#codec, data, pts: dts, dts, keyFrame: true, duration };
  }
}
