import { MuxerError } from '../errors.js';
import { limits } from '../limits.js';
import { readNalUnitLength } from './nal-unit-length.js';

/** start_code_prefix_one_3bytes (ISO/IEC 14496-10 Annex B.1). */
const startCodePrefix = Buffer.from([0, 0, 1]);

/** The native search is five times as fast as a loop over bytes, and works on every Uint8Array. */
const nativeIndexOf = Buffer.prototype.indexOf;

/** Offset of the next 00 00 01 at or after `from`; -1: none. */
export function findStartCodePrefix(data: Uint8Array, from: number): number {
  return nativeIndexOf.call(data, startCodePrefix, from);
}

/**
 * Index of the NAL units of a byte stream, with their starts and ends (ISO/IEC 14496-10 Annex B.2, 23008-2
 * Annex B.2): two arrays of offsets that are reused for every packet, so that looking at a packet makes no
 * garbage.
 */
export class NalUnitIndex {
  count = 0;
  starts = new Int32Array(64);
  /** Exclusive; trailing zeros are not part of a NAL unit. */
  ends = new Int32Array(64);

  /** Bytes of the length that stands in front of each NAL unit; 0: start codes do. */
  lengthSize = 0;

  /**
   * Finds the NAL units of `data`, in linear time; empty ones are left out. Throws MuxerError; the index is
   * empty then.
   * @param lengthSize bytes of the length in front of each; 0: start codes
   */
  read(data: Uint8Array, lengthSize: number): void {
    this.count = 0;
    this.lengthSize = lengthSize;
    if (data.length === 0)
      throw new MuxerError('ERR_CLOUDPUSH_VIDEO_EMPTY', { actual: 0, permitted: '≥ 1 byte' });
    if (lengthSize === 0) this.#readByteStream(data);
    else this.#readLengthPrefixed(data, lengthSize);
  }

  #readByteStream(data: Uint8Array): void {
    let prefix = findStartCodePrefix(data, 0);
    requireLeadingZeros(data, prefix);
    while (prefix >= 0) {
      const start = prefix + 3;
      prefix = findStartCodePrefix(data, start);
      const end = withoutTrailingZeros(data, start, prefix < 0 ? data.length : prefix);
      if (end > start) this.#add(start, end);
    }
    if (this.count === 0) throw nothingBehindStartCode(data.length);
  }

  /** A sample (ISO/IEC 14496-15 §5.3.4.2): only the lengths are looked at. */
  #readLengthPrefixed(data: Uint8Array, lengthSize: number): void {
    for (let at = 0; at < data.length; ) {
      const start = at + lengthSize;
      const end = start + (start > data.length ? 1 : readNalUnitLength(data, at, lengthSize));
      if (end > data.length) {
        this.count = 0;
        throw lengthCutOff(data, at, end);
      }
      if (end > start) this.#add(start, end);
      at = end;
    }
    if (this.count === 0) throw nothingBehindStartCode(data.length);
  }

  /** Takes the bytes from `start` to `end` for one NAL unit, whatever they are. */
  readWhole(start: number, end: number): void {
    this.starts[0] = start;
    this.ends[0] = end;
    this.count = 1;
    this.lengthSize = 0;
  }

  #add(start: number, end: number): void {
    if (this.count === this.starts.length) this.#grow(start);
    this.starts[this.count] = start;
    this.ends[this.count] = end;
    this.count++;
  }

  #grow(offset: number): void {
    if (this.count >= limits.nalUnitsPerPacket) {
      this.count = 0;
      throw new MuxerError('ERR_CLOUDPUSH_VIDEO_NAL_UNIT_LIMIT', {
        offset,
        actual: limits.nalUnitsPerPacket + 1,
        permitted: `≤ ${limits.nalUnitsPerPacket}`,
      });
    }
    this.starts = doubled(this.starts);
    this.ends = doubled(this.ends);
  }
}

/**
 * Tells whether the bytes begin as a byte stream does: with a start code, which zeros may stand in front of.
 */
export function beginsWithStartCode(data: Uint8Array): boolean {
  let zeros = 0;
  while (zeros < data.length && data[zeros] === 0) zeros++;
  return zeros >= 2 && data[zeros] === 1;
}

/** leading_zero_8bits and zero_byte are all that may come before the first start code prefix. */
function requireLeadingZeros(data: Uint8Array, prefix: number): void {
  const length = prefix < 0 ? data.length : prefix;
  for (let i = 0; i < length; i++) if (data[i] !== 0) throw noStartCode(i, data[i]!);
  if (prefix < 0) throw noStartCode(data.length, 'the end');
}

function noStartCode(offset: number, actual: number | string): MuxerError {
  return new MuxerError('ERR_CLOUDPUSH_VIDEO_NO_START_CODE', {
    offset,
    actual,
    permitted: '00 00 01 or 00 00 00 01',
  });
}

function lengthCutOff(data: Uint8Array, offset: number, end: number): MuxerError {
  const hint = beginsWithStartCode(data) ? '; a packet with start codes has no configuration' : '';
  return new MuxerError('ERR_CLOUDPUSH_VIDEO_CUT_OFF', {
    offset,
    field: 'NALUnitLength',
    actual: `${data.length} bytes`,
    permitted: `≥ ${end} bytes${hint}`,
  });
}

function nothingBehindStartCode(offset: number): MuxerError {
  return new MuxerError('ERR_CLOUDPUSH_VIDEO_CUT_OFF', {
    offset,
    field: 'NumBytesInNALunit',
    actual: 0,
    permitted: '≥ 1',
  });
}

/** Zeros in front of a start code belong to no NAL unit (ISO/IEC 14496-10 Annex B.2). */
export function withoutTrailingZeros(data: Uint8Array, start: number, end: number): number {
  let last = end;
  while (last > start && data[last - 1] === 0) last--;
  return last;
}

function doubled(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(array.length * 2);
  larger.set(array);
  return larger;
}
