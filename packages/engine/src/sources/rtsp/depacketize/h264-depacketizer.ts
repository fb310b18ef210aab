import { AvcNalUnitType, avcNalUnitType, isAvcParameterSet } from '@cloudpush/muxer';
import type { H264Format } from '../sdp/track-format.js';
import type { Depacketizer, DepacketizerContext } from './depacketizer.js';
import { hasRecoveryPoint } from './h264-sei.js';
import type { MediaSink } from './media-sink.js';
import { NalAccessUnit, UnitRole } from './nal-access-unit.js';

/** Types of RFC 6184 (table 1), above those of H.264. */
const types = {
  lastSingle: 23,
  stapA: 24,
  stapB: 25,
  mtap16: 26,
  mtap24: 27,
  fuA: 28,
  fuB: 29,
};
const names: Readonly<Record<number, string>> = {
  [types.stapB]: 'STAP-B',
  [types.mtap16]: 'MTAP16',
  [types.mtap24]: 'MTAP24',
  [types.fuB]: 'FU-B',
};

/** H.264 payloads (RFC 6184): single NAL units, STAP-A and FU-A, the ones of packetization modes 0 and 1. */
export class H264Depacketizer implements Depacketizer {
  readonly #unit: NalAccessUnit;
  readonly #context: DepacketizerContext;
  /** A fragmented NAL unit has begun and not ended. */
  #fragmented = false;
  /** The header of a fragmented NAL unit, which no packet carries as it is. */
  readonly #header = new Uint8Array(1);
  #warned = false;

  constructor(format: H264Format, sink: MediaSink, context: DepacketizerContext) {
    this.#unit = new NalAccessUnit(sink, context, format.parameterSets);
    this.#context = context;
  }

  push(bytes: Uint8Array, start: number, end: number, ticks: number, marker: boolean): void {
    const type = start < end ? avcNalUnitType(bytes[start]!) : 0;
    if (this.#fragmented && type !== types.fuA) this.#broken();
    if (type >= AvcNalUnitType.nonIdrSlice && type <= types.lastSingle)
      this.#single(bytes, start, end, ticks);
    else if (type === types.fuA) this.#fragment(bytes, start, end, ticks);
    else if (type === types.stapA) this.#aggregate(bytes, start + 1, end, ticks);
    else this.#refuse(type);
    if (marker && !this.#fragmented) this.#unit.marker();
  }

  lost(): void {
    this.#fragmented = false;
    this.#unit.damaged();
  }

  flush(): void {
    if (this.#fragmented) this.lost();
    this.#unit.finish();
  }

  #single(bytes: Uint8Array, start: number, end: number, ticks: number): void {
    const header = bytes[start]!;
    const isSei = avcNalUnitType(header) === AvcNalUnitType.sei;
    if (this.#begin(header, start + 1 < end ? bytes[start + 1]! : 0, ticks))
      this.#unit.append(bytes, start, end);
    if (isSei && hasRecoveryPoint(bytes, start + 1, end)) this.#unit.recoveryPoint();
  }

  /** RFC 6184 §5.7.1: each NAL unit has its size in front, in 16 bits. */
  #aggregate(bytes: Uint8Array, start: number, end: number, ticks: number): void {
    let at = start;
    while (at + 2 < end) {
      const unit = at + 2;
      at = unit + ((bytes[at]! << 8) | bytes[at + 1]!);
      if (at === unit || at > end) break;
      this.#single(bytes, unit, at, ticks);
    }
    if (at !== end) this.#broken();
  }

  /** RFC 6184 §5.8: the NAL unit's header is in the indicator and the fragment's header. */
  #fragment(bytes: Uint8Array, start: number, end: number, ticks: number): void {
    if (end - start < 3) {
      this.#broken();
      return;
    }
    const fragmentHeader = bytes[start + 1]!;
    if ((fragmentHeader & 0x80) !== 0) {
      if (this.#fragmented) this.#broken();
      const header = (bytes[start]! & 0xe0) | (fragmentHeader & 0x1f);
      this.#header[0] = header;
      this.#fragmented = true;
      if (this.#begin(header, bytes[start + 2]!, ticks)) this.#unit.append(this.#header, 0, 1);
    } else if (!this.#fragmented) {
      this.#unit.orphan(ticks);
      return;
    }
    this.#unit.append(bytes, start + 2, end);
    if ((fragmentHeader & 0x40) !== 0) this.#fragmented = false;
  }

  /**
   * @param next the byte behind the header: a slice header begins with first_mb_in_slice, which is 0 when its
   * top bit is set
   */
  #begin(header: number, next: number, ticks: number): boolean {
    const type = avcNalUnitType(header);
    if (header >= 0x80) {
      this.#broken();
      return false;
    }
    return this.#unit.beginUnit(ticks, roleOf(type), next >= 0x80, type === AvcNalUnitType.idrSlice);
  }

  #broken(): void {
    this.#context.report.malformed++;
    this.lost();
  }

  #refuse(type: number): void {
    this.#broken();
    if (this.#warned) return;
    this.#warned = true;
    const name = names[type];
    this.#context.warn(
      name === undefined
        ? `H.264 packets of the undefined type ${type} are dropped`
        : `H.264 packets of type ${type} (${name}, interleaved mode) are not supported and are dropped`,
    );
  }
}

function roleOf(type: number): UnitRole {
  if (type === AvcNalUnitType.idrSlice) return UnitRole.keySlice;
  if (type < AvcNalUnitType.idrSlice) return UnitRole.slice;
  if (isAvcParameterSet(type)) return UnitRole.parameterSet;
  return type === AvcNalUnitType.accessUnitDelimiter ? UnitRole.delimiter : UnitRole.other;
}
