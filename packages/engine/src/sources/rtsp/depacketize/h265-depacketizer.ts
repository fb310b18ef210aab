import {
  HevcNalUnitType,
  hevcNalUnitType,
  isHevcIrap,
  isHevcParameterSet,
  isHevcVcl,
} from '@cloudpush/muxer';
import type { H265Format } from '../sdp/track-format.js';
import type { Depacketizer, DepacketizerContext } from './depacketizer.js';
import type { MediaSink } from './media-sink.js';
import { NalAccessUnit, UnitRole } from './nal-access-unit.js';

/** Types of RFC 7798 (§4.4), above those of H.265. */
const types = {
  lastSingle: 47,
  aggregation: 48,
  fragmentation: 49,
};

/** H.265 payloads (RFC 7798): single NAL units, aggregation packets and fragmentation units. */
export class H265Depacketizer implements Depacketizer {
  readonly #unit: NalAccessUnit;
  readonly #context: DepacketizerContext;
  /** Bytes of a decoding order number. */
  readonly #donBytes: 0 | 2;
  /** Last decoding order number; −1: none. */
  #don = -1;
  #fragmented = false;
  /** The header of a fragmented NAL unit, which no packet carries as it is. */
  readonly #header = new Uint8Array(2);
  #warned = false;

  constructor(format: H265Format, sink: MediaSink, context: DepacketizerContext) {
    this.#unit = new NalAccessUnit(sink, context, format.parameterSets);
    this.#context = context;
    this.#donBytes = format.hasDecodingOrder ? 2 : 0;
  }

  push(bytes: Uint8Array, start: number, end: number, ticks: number, marker: boolean): void {
    const type = end - start > 2 ? hevcNalUnitType(bytes[start]!) : -1;
    if (this.#fragmented && type !== types.fragmentation) this.#broken();
    if (type < 0) this.#broken();
    else if (type <= types.lastSingle) this.#single(bytes, start, end, ticks);
    else if (type === types.aggregation) this.#aggregate(bytes, start + 2, end, ticks);
    else if (type === types.fragmentation) this.#fragment(bytes, start, end, ticks);
    else this.#refuse(`H.265 packets of type ${type} are not supported and are dropped`);
    if (marker && !this.#fragmented) this.#unit.marker();
  }

  lost(): void {
    this.#fragmented = false;
    this.#don = -1;
    this.#unit.damaged();
  }

  flush(): void {
    if (this.#fragmented) this.lost();
    this.#unit.finish();
  }

  /** RFC 7798 §4.4.1: a decoding order number stands behind the payload header. */
  #single(bytes: Uint8Array, start: number, end: number, ticks: number): void {
    const body = start + 2 + this.#donBytes;
    if (body >= end || !this.#inOrder(bytes, start + 2)) {
      this.#broken();
      return;
    }
    if (!this.#begin(bytes[start]!, bytes[start + 1]!, bytes[body]!, ticks)) return;
    this.#unit.append(bytes, start, start + 2);
    this.#unit.append(bytes, body, end);
  }

  /**
   * RFC 7798 §4.4.2: sizes of 16 bits, the first behind a decoding order number, the others behind its
   * increment.
   */
  #aggregate(bytes: Uint8Array, start: number, end: number, ticks: number): void {
    if (!this.#inOrder(bytes, start)) {
      this.#broken();
      return;
    }
    let at = start + this.#donBytes;
    while (at + 2 < end) {
      const unit = at + 2;
      at = unit + ((bytes[at]! << 8) | bytes[at + 1]!);
      if (at < unit + 3 || at > end) {
        this.#broken();
        return;
      }
      const taken = this.#begin(bytes[unit]!, bytes[unit + 1]!, bytes[unit + 2]!, ticks);
      if (taken) this.#unit.append(bytes, unit, at);
      if (this.#donBytes > 0 && at < end) this.#don = (this.#don + bytes[at++]! + 1) & 0xffff;
    }
    if (at !== end) this.#broken();
  }

  /** RFC 7798 §4.4.3: the NAL unit's header is in the payload header and the fragment's header. */
  #fragment(bytes: Uint8Array, start: number, end: number, ticks: number): void {
    const fragmentHeader = bytes[start + 2]!;
    const isFirst = (fragmentHeader & 0x80) !== 0;
    const body = start + 3 + (isFirst ? this.#donBytes : 0);
    if (body >= end) {
      this.#broken();
      return;
    }
    if (isFirst) {
      if (this.#fragmented || !this.#inOrder(bytes, start + 3)) this.#broken();
      this.#header[0] = (bytes[start]! & 0x81) | ((fragmentHeader & 0x3f) << 1);
      this.#header[1] = bytes[start + 1]!;
      this.#fragmented = true;
      if (this.#begin(this.#header[0], this.#header[1], bytes[body]!, ticks)) {
        this.#unit.append(this.#header, 0, 2);
      }
    } else if (!this.#fragmented) {
      this.#unit.orphan(ticks);
      return;
    }
    this.#unit.append(bytes, body, end);
    if ((fragmentHeader & 0x40) !== 0) this.#fragmented = false;
  }

  /** @param next the byte behind the header: a slice's first bit is first_slice_segment_in_pic_flag */
  #begin(header: number, second: number, next: number, ticks: number): boolean {
    const type = hevcNalUnitType(header);
    // forbidden_zero_bit is 0, and nuh_temporal_id_plus1 is not.
    if (header >= 0x80 || (second & 0x07) === 0) {
      this.#broken();
      return false;
    }
    const isIdr = type === HevcNalUnitType.idrWRadl || type === HevcNalUnitType.idrNLp;
    return this.#unit.beginUnit(ticks, roleOf(type), next >= 0x80, isIdr);
  }

  /**
   * Follows the decoding order numbers: NAL units that are not sent in decoding order cannot be put right
   * here.
   */
  #inOrder(bytes: Uint8Array, at: number): boolean {
    if (this.#donBytes === 0) return true;
    const don = (bytes[at]! << 8) | (bytes[at + 1] ?? 0);
    const step = this.#don < 0 ? 0 : ((don - this.#don) << 16) >> 16;
    this.#don = don;
    if (step >= 0) return true;
    this.#warn('H.265 NAL units out of decoding order are not supported and are dropped');
    return false;
  }

  #broken(): void {
    this.#context.report.malformed++;
    this.lost();
  }

  #refuse(message: string): void {
    this.#broken();
    this.#warn(message);
  }

  #warn(message: string): void {
    if (!this.#warned) this.#context.warn(message);
    this.#warned = true;
  }
}

function roleOf(type: number): UnitRole {
  if (isHevcIrap(type)) return UnitRole.keySlice;
  if (type === HevcNalUnitType.raslN || type === HevcNalUnitType.raslR) return UnitRole.skippedLeadingSlice;
  if (isHevcVcl(type)) return UnitRole.slice;
  if (isHevcParameterSet(type)) return UnitRole.parameterSet;
  return type === HevcNalUnitType.accessUnitDelimiter ? UnitRole.delimiter : UnitRole.other;
}
