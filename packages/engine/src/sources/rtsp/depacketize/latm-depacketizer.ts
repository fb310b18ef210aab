import type { LatmFormat } from '../sdp/track-format.js';
import { frameDurationOf } from './audio-specific-config.js';
import { BitReader } from './bit-reader.js';
import type { Depacketizer, DepacketizerContext } from './depacketizer.js';
import type { MediaSink } from './media-sink.js';
import { readStreamMuxConfig, type StreamMuxConfig, shiftBits } from './stream-mux-config.js';

/** Bytes of one AudioMuxElement: 64 frames of the largest size are more than any real one. */
const MAX_ELEMENT_BYTES = 65_536;

/** AAC payloads in LATM (RFC 6416 §6): an AudioMuxElement in one packet or several. */
export class LatmDepacketizer implements Depacketizer {
  readonly #clockRate: number;
  readonly #sink: MediaSink;
  readonly #context: DepacketizerContext;
  readonly #configInBand: boolean;
  #config: StreamMuxConfig | undefined;
  /** The beginning of an element that goes on in the next packet. */
  #element = new Uint8Array(0);
  #elementBytes = 0;
  #elementTicks = 0;
  /** A part of the present element is missing: what follows up to its end is dropped. */
  #damaged = false;
  /** Frames moved to byte boundaries. */
  #frame = new Uint8Array(0);
  #warned = false;

  constructor(format: LatmFormat, clockRate: number, sink: MediaSink, context: DepacketizerContext) {
    this.#clockRate = clockRate;
    this.#sink = sink;
    this.#context = context;
    this.#configInBand = format.streamMuxConfig === undefined;
    if (format.streamMuxConfig !== undefined) {
      this.#configure(new BitReader(format.streamMuxConfig), format.streamMuxConfig);
    }
  }

  push(bytes: Uint8Array, start: number, end: number, ticks: number, marker: boolean): void {
    if (ticks !== this.#elementTicks) this.#complete();
    if (this.#damaged && this.#elementBytes === 0 && ticks === this.#elementTicks) {
      this.#damaged = !marker;
      return;
    }
    this.#damaged = false;
    this.#elementTicks = ticks;
    if (marker && this.#elementBytes === 0) {
      this.#read(bytes, start, end, ticks);
      return;
    }
    if (this.#hold(bytes, start, end) && marker) this.#complete();
  }

  lost(): void {
    if (this.#elementBytes > 0) this.#context.report.damagedPictures++;
    this.#elementBytes = 0;
    this.#damaged = true;
  }

  flush(): void {
    this.#complete();
  }

  /** Reads what has been put together. Not every camera sets the marker: another time ends an element too. */
  #complete(): void {
    const size = this.#elementBytes;
    this.#elementBytes = 0;
    if (size > 0) this.#read(this.#element, 0, size, this.#elementTicks);
  }

  #hold(bytes: Uint8Array, start: number, end: number): boolean {
    const size = this.#elementBytes + end - start;
    if (size > MAX_ELEMENT_BYTES) {
      this.#broken();
      return false;
    }
    if (size > this.#element.length) {
      const larger = new Uint8Array(Math.max(2048, 2 ** Math.ceil(Math.log2(size))));
      larger.set(this.#element.subarray(0, this.#elementBytes));
      this.#element = larger;
    }
    this.#element.set(bytes.subarray(start, end), this.#elementBytes);
    this.#elementBytes = size;
    return true;
  }

  /** AudioMuxElement() (ISO/IEC 14496-3 §1.7.3). */
  #read(bytes: Uint8Array, start: number, end: number, ticks: number): void {
    const reader = new BitReader(bytes, start, end);
    if (this.#configInBand && !reader.flag() && !this.#configure(reader, bytes)) return;
    const config = this.#config;
    if (config === undefined) return; // no configuration has come yet
    const first = reader.position;
    if (!isWhole(reader, config)) {
      this.#broken();
      return;
    }
    reader.position = first;
    const duration = frameDurationOf(config.timing, this.#clockRate);
    for (let i = 0; i < config.subFrames; i++) {
      const size = payloadLength(reader);
      if (size > 0) this.#hand(bytes, reader.position, size, ticks + i * duration);
      reader.skip(size * 8);
    }
  }

  /** Takes a StreamMuxConfig; false: it is not usable. */
  #configure(reader: BitReader, bytes: Uint8Array): boolean {
    const config = readStreamMuxConfig(reader, bytes);
    if (typeof config === 'string') {
      this.#context.report.malformed++;
      if (!this.#warned) this.#context.warn(`LATM with ${config} is not supported and is dropped`);
      this.#warned = true;
      this.#config = undefined;
      return false;
    }
    const before = this.#config?.audioSpecificConfig;
    this.#config = config;
    const isNew = before === undefined || Buffer.compare(before, config.audioSpecificConfig) !== 0;
    if (isNew) this.#sink.configure(config.audioSpecificConfig);
    return true;
  }

  /** A frame of `size` bytes that begins at bit `position`. */
  #hand(bytes: Uint8Array, position: number, size: number, ticks: number): void {
    this.#sink.begin();
    if ((position & 7) === 0) {
      this.#sink.append(bytes, position >> 3, (position >> 3) + size);
    } else {
      if (this.#frame.length < size) this.#frame = new Uint8Array(2 ** Math.ceil(Math.log2(size)));
      shiftBits(bytes, position, this.#frame, size);
      this.#sink.append(this.#frame, 0, size);
    }
    this.#context.report.accessUnits++;
    this.#sink.end(this.#context.clock.timeOf(ticks), true);
  }

  #broken(): void {
    this.#context.report.malformed++;
    this.lost();
  }
}

/** Tells whether the frames fill the element: a part whose beginning is missing would not. */
function isWhole(reader: BitReader, { subFrames, hasOtherData }: StreamMuxConfig): boolean {
  for (let i = 0; i < subFrames; i++) reader.skip(payloadLength(reader) * 8);
  return !reader.overrun && (hasOtherData || reader.bitsLeft < 8);
}

/** PayloadLengthInfo() for frameLengthType 0 (§1.7.3.1): bytes that add up, as long as they are 255. */
function payloadLength(reader: BitReader): number {
  let size = 0;
  for (;;) {
    const byte = reader.bits(8);
    size += byte;
    if (byte !== 255 || reader.overrun) return size;
  }
}
