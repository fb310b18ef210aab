import type { MediaPacket } from '../media-packet.js';
import { endOfDelimiter, START_CODE_SIZE } from '../nal/hidden-picture.js';
import { type NalCodec, NalKind } from '../nal/nal-codec.js';
import type { SeiState } from '../nal/sei-state.js';
import { index } from './packet-index.js';

/**
 * Looks into the packet at hand: every NAL unit is checked, parameter sets are taken, what decoders ignore
 * leaves the index, and the picture is found out about.
 */
export class PictureSurvey {
  readonly #codec: NalCodec;
  readonly #sei: SeiState;
  hasPicture = false;
  /** Decoding can start at the picture. */
  randomAccess = false;
  /** No other picture refers to it. */
  disposable = false;
  /** NAL units sit back to back, with 4 bytes in front of each. */
  contiguous = true;
  /** The first NAL unit is an access unit delimiter. */
  delimiterFirst = false;
  /** The caller has encrypted the packet from its first byte on: nothing is known of it. */
  opaque = false;
  /** The first slice, when that is not encrypted. */
  sliceStart = 0;
  sliceEnd = 0;
  slices = 0;
  /** End of a NAL unit that has more bytes behind its end; −1: none has. */
  overrun = -1;

  constructor(codec: NalCodec, sei: SeiState) {
    this.#codec = codec;
    this.#sei = sei;
  }

  /** Another packet is at hand, of which nothing is known yet. */
  begin(): void {
    this.hasPicture = false;
    this.opaque = false;
  }

  /**
   * Looks at the NAL units in the index. Throws MuxerError.
   * @param recoveryPoint of an SEI that came in front, in a packet without a picture
   */
  take(packet: MediaPacket, recoveryPoint: boolean): void {
    const { starts, ends, count } = index;
    const { data } = packet;
    let kept = 0;
    this.randomAccess = false;
    this.contiguous = true;
    this.slices = 0;
    this.overrun = -1;
    this.#sei.recoveryPoint = recoveryPoint;
    for (let i = 0; i < count; i++) {
      const start = starts[i]!;
      const end = ends[i]!;
      const kind = this.#codec.classify(data, start, end);
      if (kind === NalKind.ignored) continue;
      this.#note(kind, packet, start, end);
      if (kept === 0) this.delimiterFirst = kind === NalKind.accessUnitDelimiter;
      else if (start - 4 !== ends[kept - 1]) this.contiguous = false;
      starts[kept] = start;
      ends[kept] = end;
      kept++;
    }
    index.count = kept;
    if (this.#sei.recoveryPoint && this.#codec.recoveryPointIsRandomAccess) this.randomAccess = true;
  }

  #note(kind: NalKind, packet: MediaPacket, start: number, end: number): void {
    const { data, encrypted } = packet;
    if (kind === NalKind.slice) {
      this.slices++;
      if (this.#codec.isRandomAccess(data[start]!)) this.randomAccess = true;
      if (this.hasPicture) {
        if (encrypted !== true) this.#codec.continuePicture(data, start, end);
        return;
      }
      this.hasPicture = true;
      this.sliceStart = start;
      this.sliceEnd = end;
      const { sequence } = this.#codec;
      this.#codec.beginPicture(data, start, end, encrypted === true);
      if (this.#codec.sequence !== sequence) this.#sei.beginSequence();
      this.disposable = this.#codec.isDisposable(data, start);
    } else if (kind === NalKind.parameterSet) {
      this.#noteEnd(this.#codec.endOfKnown(data, start, end));
      this.#codec.storeParameterSet(data, start, end);
    } else if (kind === NalKind.sei && encrypted !== true) {
      this.#sei.read(data, start + this.#codec.nalHeaderSize, end);
    } else if (kind === NalKind.accessUnitDelimiter) {
      const last = endOfDelimiter(this.#codec, start);
      if (end >= last + START_CODE_SIZE) this.#noteEnd(last);
    }
  }

  #noteEnd(end: number): void {
    if (this.overrun < 0) this.overrun = end;
  }

  /**
   * Takes a packet that the caller has encrypted from its first byte on for one NAL unit. Throws MuxerError.
   * @param start behind the start code, if it has one
   */
  takeOpaque(data: Uint8Array, start: number): void {
    index.readWhole(start, data.length);
    this.opaque = true;
    this.hasPicture = true;
    this.#codec.beginPicture(data, start, data.length, true);
    this.randomAccess = false;
    this.disposable = false;
    this.contiguous = true;
    this.delimiterFirst = false;
    this.slices = 1;
    this.overrun = -1;
  }
}
