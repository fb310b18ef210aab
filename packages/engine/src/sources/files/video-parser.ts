import { type AccessUnit, AccessUnitSplitter } from '@cloudpush/muxer';
import type { SourcePacket } from '../packet.js';
import { checkVideoStart } from './annexb-start.js';
import type { PacketParser } from './packet-parser.js';

const DEFAULT_FRAME_RATE = 25;
/** Encoders write nonsense into the VUI: a rate outside of this range is not believed. */
const MIN_FRAME_RATE = 1;
const MAX_FRAME_RATE = 480;

/** H.264 or H.265 byte streams: one packet a picture, at a constant frame rate. */
export class VideoParser implements PacketParser {
  readonly notices: string[] = [];
  readonly #codec: 'h264' | 'h265';
  readonly #splitter: AccessUnitSplitter;
  #frameRate: number | undefined;
  #started = false;
  /** Decoding index of the first picture: the reorder depth, negative. */
  #firstIndex = Number.NaN;

  /** @param frameRate pictures a second; undefined: as the stream says. */
  constructor(codec: 'h264' | 'h265', frameRate: number | undefined) {
    this.#codec = codec;
    this.#splitter = new AccessUnitSplitter(codec);
    this.#frameRate = frameRate;
  }

  push(piece: Uint8Array): SourcePacket[] {
    if (!this.#started) {
      checkVideoStart(piece, this.#codec);
      this.#started = true;
    }
    return this.#packets(this.#splitter.push(piece));
  }

  end(): SourcePacket[] {
    return this.#packets(this.#splitter.flush());
  }

  #packets(units: readonly AccessUnit[]): SourcePacket[] {
    const first = units[0];
    if (first === undefined) return [];
    if (Number.isNaN(this.#firstIndex)) this.#firstIndex = first.decodingIndex;
    this.#frameRate ??= this.#streamFrameRate();
    const duration = 1000 / this.#frameRate;
    return units.map((unit) => this.#packet(unit, duration));
  }

  #packet(unit: AccessUnit, duration: number): SourcePacket {
    return {
      kind: 'video',
      codec: this.#codec,
      data: unit.data,
      pts: (unit.presentationIndex - this.#firstIndex) * duration,
      dts: (unit.decodingIndex - this.#firstIndex) * duration,
      keyFrame: unit.keyFrame,
      duration,
    };
  }

  #streamFrameRate(): number {
    const told = this.#splitter.frameRate;
    if (told !== undefined && told >= MIN_FRAME_RATE && told <= MAX_FRAME_RATE) return told;
    const why =
      told === undefined
        ? 'the stream does not tell its frame rate'
        : `the stream tells ${told} frames a second`;
    this.notices.push(`${why}: ${DEFAULT_FRAME_RATE} frames a second are assumed`);
    return DEFAULT_FRAME_RATE;
  }
}
