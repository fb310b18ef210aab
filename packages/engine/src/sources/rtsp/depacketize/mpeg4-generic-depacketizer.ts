import type { Mpeg4GenericFormat } from '../sdp/track-format.js';
import { BitReader } from './bit-reader.js';
import type { Depacketizer, DepacketizerContext } from './depacketizer.js';
import type { MediaSink } from './media-sink.js';

/** AAC payloads with AU headers (RFC 3640): several frames a packet, or one frame in several packets. */
export class Mpeg4GenericDepacketizer implements Depacketizer {
  readonly #format: Mpeg4GenericFormat;
  readonly #sink: MediaSink;
  readonly #context: DepacketizerContext;
  readonly #headers = new BitReader(new Uint8Array(0));
  readonly #hasHeaders: boolean;
  #configured = false;
  /** Bytes that are still to come of a frame in fragments; 0: none is open. */
  #missing = 0;
  #ticks = 0;
  #warned = false;

  constructor(format: Mpeg4GenericFormat, sink: MediaSink, context: DepacketizerContext) {
    this.#format = format;
    this.#sink = sink;
    this.#context = context;
    this.#hasHeaders =
      format.sizeLength + format.indexLength + format.ctsDeltaLength + format.dtsDeltaLength > 0 ||
      format.randomAccessIndication ||
      format.streamStateIndication > 0;
  }

  push(bytes: Uint8Array, start: number, end: number, ticks: number): void {
    if (!this.#configured) {
      this.#configured = true;
      this.#sink.configure(this.#format.audioSpecificConfig);
    }
    if (!this.#hasHeaders) {
      this.#constantFrames(bytes, start, end, ticks);
      return;
    }
    const headerBits = start + 2 <= end ? (bytes[start]! << 8) | bytes[start + 1]! : 0;
    const headerEnd = start + 2 + Math.ceil(headerBits / 8);
    if (headerBits === 0 || headerEnd > end) {
      this.#broken();
      return;
    }
    this.#headers.reset(bytes, start + 2, headerEnd);
    const data = this.#afterAuxiliaryData(bytes, headerEnd, end);
    if (data <= end) this.#frames(bytes, data, end, ticks, start * 8 + 16 + headerBits);
    else this.#broken();
  }

  lost(): void {
    if (this.#missing === 0) return;
    this.#missing = 0;
    this.#context.report.damagedPictures++;
    this.#sink.abort();
  }

  flush(): void {
    this.lost();
  }

  /** The access units that the headers up to bit `headersEnd` describe (RFC 3640 §3.2.3). */
  #frames(bytes: Uint8Array, data: number, end: number, ticks: number, headersEnd: number): void {
    let at = data;
    let frameTicks = ticks;
    for (let isFirst = true; this.#headers.position < headersEnd; isFirst = false) {
      const size = this.#readHeader(isFirst);
      if (size < 0 || size > this.#context.limits.maxAccessUnitBytes) {
        this.#broken();
        return;
      }
      if (at + size > end) {
        if (isFirst && this.#headers.position >= headersEnd) this.#fragment(bytes, at, end, ticks, size);
        else this.#broken();
        return;
      }
      if (this.#missing > 0) this.#broken();
      if (size > 0) this.#whole(bytes, at, at + size, frameTicks);
      at += size;
      frameTicks += this.#format.frameDuration;
    }
  }

  /** Reads an AU header (RFC 3640 §3.2.1): the size of its access unit, or −1 when it cannot be used. */
  #readHeader(isFirst: boolean): number {
    const format = this.#format;
    const headers = this.#headers;
    const size = format.sizeLength > 0 ? headers.bits(format.sizeLength) : format.constantSize!;
    const index = headers.bits(isFirst ? format.indexLength : format.indexDeltaLength);
    if (format.ctsDeltaLength > 0 && headers.flag()) headers.skip(format.ctsDeltaLength);
    if (format.dtsDeltaLength > 0 && headers.flag()) headers.skip(format.dtsDeltaLength);
    if (format.randomAccessIndication) headers.skip(1);
    headers.skip(format.streamStateIndication);
    if (headers.overrun) return -1;
    if (isFirst || index === 0) return size;
    if (!this.#warned)
      this.#context.warn('interleaved AAC frames (RFC 3640) are not supported and are dropped');
    this.#warned = true;
    return -1;
  }

  /** Offset of the access units, behind the auxiliary section (RFC 3640 §3.2.2). */
  #afterAuxiliaryData(bytes: Uint8Array, at: number, end: number): number {
    const { auxiliaryDataSizeLength } = this.#format;
    if (auxiliaryDataSizeLength === 0) return at;
    const reader = new BitReader(bytes, at, end);
    const bits = reader.bits(auxiliaryDataSizeLength);
    return reader.overrun ? end + 1 : at + Math.ceil((auxiliaryDataSizeLength + bits) / 8);
  }

  /** Frames of one size, without headers. */
  #constantFrames(bytes: Uint8Array, start: number, end: number, ticks: number): void {
    const { constantSize, frameDuration } = this.#format;
    if ((end - start) % constantSize! !== 0) {
      this.#broken();
      return;
    }
    let frameTicks = ticks;
    for (let at = start; at < end; at += constantSize!) {
      this.#whole(bytes, at, at + constantSize!, frameTicks);
      frameTicks += frameDuration;
    }
  }

  #whole(bytes: Uint8Array, start: number, end: number, ticks: number): void {
    this.#sink.begin();
    this.#sink.append(bytes, start, end);
    this.#end(ticks);
  }

  /**
   * A part of a frame of `size` bytes: every fragment's header has the size of the whole (RFC 3640 §3.2.3).
   */
  #fragment(bytes: Uint8Array, start: number, end: number, ticks: number, size: number): void {
    if (this.#missing > 0 && (ticks !== this.#ticks || end - start > this.#missing)) this.#broken();
    if (this.#missing === 0) {
      this.#missing = size;
      this.#ticks = ticks;
      this.#sink.begin();
    }
    this.#missing -= end - start;
    this.#sink.append(bytes, start, end);
    if (this.#missing === 0) this.#end(ticks);
  }

  #end(ticks: number): void {
    this.#context.report.accessUnits++;
    this.#sink.end(this.#context.clock.timeOf(ticks), true);
  }

  #broken(): void {
    this.#context.report.malformed++;
    this.lost();
  }
}
