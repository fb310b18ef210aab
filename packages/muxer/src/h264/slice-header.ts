import { BitReader } from '../bits/bit-reader.js';
import { MuxerError } from '../errors.js';
import { unescapeInto } from '../nal/emulation-prevention.js';

/** Three Exp-Golomb codes of at most 63 bits each, with the NAL unit header, fit. */
const PREFIX_SIZE = 26;

/**
 * The first fields of slice_header() (ISO/IEC 14496-10 §7.3.3). One object is reused for every packet, and
 * only the first bytes of the slice are looked at.
 */
export class AvcSlicePrefix {
  readonly #scratch = new Uint8Array(PREFIX_SIZE);
  readonly #reader = new BitReader(this.#scratch);
  firstMbInSlice = 0;
  ppsId = 0;

  /** Reads the slice NAL unit data[start, end). */
  read(data: Uint8Array, start: number, end: number): void {
    const sliceType = isPlain(data, start, end) ? this.#readPlain(data, start) : -1;
    if (sliceType < 0) this.#readEscaped(data, start, end);
    else this.#check(start, sliceType);
  }

  /**
   * Straight from the packet: several times as fast, and every slice of every picture is read. −1: cannot be.
   */
  #readPlain(data: Uint8Array, start: number): number {
    let position = 8 * (start + 1);
    let word = wordAt(data, position);
    let zeros = Math.clz32(word);
    if (zeros > 15) return -1;
    this.firstMbInSlice = (word >>> (31 - 2 * zeros)) - 1;
    position += 2 * zeros + 1;
    word = wordAt(data, position);
    zeros = Math.clz32(word);
    if (zeros > 15) return -1;
    const sliceType = (word >>> (31 - 2 * zeros)) - 1;
    word = wordAt(data, position + 2 * zeros + 1);
    zeros = Math.clz32(word);
    if (zeros > 15) return -1;
    this.ppsId = (word >>> (31 - 2 * zeros)) - 1;
    return sliceType;
  }

  #readEscaped(data: Uint8Array, start: number, end: number): void {
    const reader = this.#reader;
    reader.reset(this.#scratch, 8, unescapeInto(data, start, end, this.#scratch));
    this.firstMbInSlice = reader.ue();
    const sliceType = reader.ue();
    this.ppsId = reader.ue();
    if (reader.overrun) {
      throw new MuxerError('ERR_CLOUDPUSH_VIDEO_CUT_OFF', {
        offset: start,
        field: 'slice_header',
        actual: `${end - start} bytes`,
        permitted: 'first_mb_in_slice, slice_type and pic_parameter_set_id',
      });
    }
    this.#check(start, sliceType);
  }

  #check(start: number, sliceType: number): void {
    if (sliceType > 9) throw invalidSlice(start, 'slice_type', sliceType, '0 to 9');
    if (this.ppsId > 255) throw invalidSlice(start, 'pic_parameter_set_id', this.ppsId, '0 to 255');
  }
}

/** Bytes that three codes of at most 31 bits each, and a word that is read at the last of them, are in. */
const PLAIN_SIZE = 17;

/** Tells whether the first bytes are all there, and no emulation_prevention_three_byte can be among them. */
function isPlain(data: Uint8Array, start: number, end: number): boolean {
  if (end - start < PLAIN_SIZE) return false;
  for (let i = start + 1; i < start + PLAIN_SIZE; i++) if (data[i] === 3) return false;
  return true;
}

/** 32 bits from a bit position on. */
function wordAt(data: Uint8Array, position: number): number {
  const at = Math.floor(position / 8);
  const shift = position & 7;
  const word = (data[at]! << 24) | (data[at + 1]! << 16) | (data[at + 2]! << 8) | data[at + 3]!;
  return (word << shift) | (data[at + 4]! >> (8 - shift));
}

function invalidSlice(offset: number, field: string, actual: number, permitted: string): MuxerError {
  return new MuxerError('ERR_CLOUDPUSH_VIDEO_SLICE_INVALID', { offset, field, actual, permitted });
}
