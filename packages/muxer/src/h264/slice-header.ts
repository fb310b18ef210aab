import { unescapeInto } from '../annexb/emulation-prevention.js';
import { BitReader } from '../bits/bit-reader.js';
import { MuxerError } from '../errors.js';

/** Three Exp-Golomb codes of at most 63 bits each, with the NAL unit header, fit. */
const prefixSize = 26;

/**
 * The first fields of slice_header() (ISO/IEC 14496-10 §7.3.3). One object is reused for every packet, and only the
 * first bytes of the slice are looked at.
 */
export class AvcSlicePrefix {
  readonly #scratch = new Uint8Array(prefixSize);
  readonly #reader = new BitReader(this.#scratch);
  firstMbInSlice = 0;
  ppsId = 0;

  /** Reads the slice NAL unit data[start, end). */
  read(data: Uint8Array, start: number, end: number): void {
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
    if (sliceType > 9) throw invalidSlice(start, 'slice_type', sliceType, '0 to 9');
    if (this.ppsId > 255) throw invalidSlice(start, 'pic_parameter_set_id', this.ppsId, '0 to 255');
  }
}

function invalidSlice(offset: number, field: string, actual: number, permitted: string): MuxerError {
  return new MuxerError('ERR_CLOUDPUSH_VIDEO_SLICE_INVALID', { offset, field, actual, permitted });
}
