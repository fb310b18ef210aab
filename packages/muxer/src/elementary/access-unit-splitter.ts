import { copyOf } from '../bits/bytes.js';
import { MuxerError, unknownCodec } from '../errors.js';
import { limits } from '../limits.js';
import { findStartCodePrefix } from '../nal/nal-unit-index.js';
import type { AccessUnitDetector, PictureDescription } from './access-unit-detector.js';
import { AvcAccessUnitDetector } from './avc-access-unit-detector.js';
import { HevcAccessUnitDetector } from './hevc-access-unit-detector.js';
import { type OrderedPicture, PresentationOrder } from './presentation-order.js';

/** One coded frame of an elementary stream. */
export interface AccessUnit {
  /** Annex-B bytes, start codes included. */
  readonly data: Uint8Array;
  readonly keyFrame: boolean;
  readonly pictureOrderCount: number;
  /**
   * Decoding time in frame durations; the first ones are negative when pictures are reordered, so that no
   * picture is shown before it is decoded. dts = decodingIndex × 1000 / frame rate.
   */
  readonly decodingIndex: number;
  /** Presentation time in frame durations: 0 for the first picture that is shown. */
  readonly presentationIndex: number;
}

/** An access unit until its place in the output order is known. */
type PendingUnit = OrderedPicture;

/**
 * Cuts an H.264 or H.265 byte stream, which comes in pieces of any size, into access units (two fields of a
 * frame stay together) and puts them in order.
 *
 * @example
 * const splitter = new AccessUnitSplitter('h264');
 * for await (const piece of stream) for (const unit of splitter.push(piece)) use(unit);
 * for (const unit of splitter.flush()) use(unit);
 */
export class AccessUnitSplitter {
  readonly #detector: AccessUnitDetector;
  readonly #order = new PresentationOrder<PendingUnit>();
  #buffer = Buffer.alloc(0x1_0000);
  #filled = 0;
  /** Offset of the access unit at hand. */
  #unitStart = 0;
  /** Offset of the start code of the NAL unit at hand. */
  #nalCode = 0;
  /** Offset of the NAL unit at hand, behind its start code; −1: before the first start code. */
  #nalStart = -1;
  /** Offset from which to look for the next start code. */
  #scan = 0;

  /** @throws MuxerError `ERR_CLOUDPUSH_CODEC_UNKNOWN` for a codec that is neither. */
  constructor(codec: 'h264' | 'h265') {
    if (codec !== 'h264' && codec !== 'h265') throw unknownCodec(codec, 'h264, h265');
    this.#detector = codec === 'h264' ? new AvcAccessUnitDetector() : new HevcAccessUnitDetector();
  }

  /** Frames a second, when the parameter sets that have come so far tell. */
  get frameRate(): number | undefined {
    return this.#detector.frameRate;
  }

  /** Takes the next bytes and gives the access units that are complete, and in known order, with them. */
  push(piece: Uint8Array): AccessUnit[] {
    this.#append(piece);
    const units: AccessUnit[] = [];
    const bytes = this.#buffer.subarray(0, this.#filled);
    let prefix = findStartCodePrefix(bytes, this.#scan);
    while (prefix >= 0) {
      const code = prefix > this.#scan && bytes[prefix - 1] === 0 ? prefix - 1 : prefix;
      this.#endNalUnit(code, units);
      this.#nalCode = code;
      this.#nalStart = prefix + 3;
      this.#scan = this.#nalStart;
      prefix = findStartCodePrefix(bytes, this.#scan);
    }
    // A start code may be split over two pieces.
    this.#scan = Math.max(this.#scan, this.#filled - 3);
    this.#moveToFront();
    return units;
  }

  /** Says that the stream has ended, and gives the rest. */
  flush(): AccessUnit[] {
    const units: AccessUnit[] = [];
    if (this.#nalStart >= 0) {
      this.#endNalUnit(this.#filled, units);
      if (this.#detector.current.hasPicture) this.#emit(this.#filled, this.#detector.current, units);
    }
    this.#reset();
    for (const unit of this.#order.flush()) units.push(accessUnit(unit));
    return units;
  }

  #append(piece: Uint8Array): void {
    const size = this.#filled + piece.length;
    if (this.#filled > limits.splitterBytes) {
      this.#reset();
      throw new MuxerError('ERR_CLOUDPUSH_VIDEO_TOO_LARGE', {
        offset: 0,
        actual: size,
        permitted: `≤ ${limits.splitterBytes} bytes in an access unit`,
      });
    }
    if (size > this.#buffer.length) {
      const larger = Buffer.alloc(Math.max(size, 2 * this.#buffer.length));
      this.#buffer.copy(larger, 0, 0, this.#filled);
      this.#buffer = larger;
    }
    this.#buffer.set(piece, this.#filled);
    this.#filled = size;
  }

  /** The NAL unit at hand ends where the next start code, or the stream's end, is. */
  #endNalUnit(end: number, units: AccessUnit[]): void {
    if (this.#nalStart < 0) this.#unitStart = end;
    if (this.#nalStart < 0 || this.#nalStart >= end) return;
    const description = this.#detector.current;
    if (!this.#detector.begins(this.#buffer.subarray(this.#nalStart, end))) return;
    this.#emit(this.#nalCode, description, units);
    this.#unitStart = this.#nalCode;
  }

  /** The access unit at hand ends; its bytes are copied, because the buffer goes on being filled. */
  #emit(end: number, description: PictureDescription, units: AccessUnit[]): void {
    const data = copyOf(this.#buffer, this.#unitStart, end);
    const pending: PendingUnit = { data, description, decodingIndex: 0, presentationIndex: -1 };
    for (const unit of this.#order.push(pending)) units.push(accessUnit(unit));
  }

  /** Once a push at most, and only when an access unit has gone: linear in the length of the stream. */
  #moveToFront(): void {
    const gone = this.#unitStart;
    if (gone === 0) return;
    this.#buffer.copyWithin(0, gone, this.#filled);
    this.#filled -= gone;
    this.#scan = Math.max(0, this.#scan - gone);
    this.#nalCode -= gone;
    if (this.#nalStart >= 0) this.#nalStart -= gone;
    this.#unitStart = 0;
  }

  #reset(): void {
    this.#filled = 0;
    this.#unitStart = 0;
    this.#nalStart = -1;
    this.#scan = 0;
  }
}

function accessUnit(unit: PendingUnit): AccessUnit {
  const { data, description, decodingIndex, presentationIndex } = unit;
  const { keyFrame, pictureOrderCount } = description;
  return { data, keyFrame, pictureOrderCount, decodingIndex, presentationIndex };
}
