import { BitReader } from '../bits/bit-reader.js';
import { MuxerError } from '../errors.js';
import { unescapeInto } from '../nal/emulation-prevention.js';
import { hevcNalUnitType, isHevcIrap } from './nal-unit.js';

const PREFIX_SIZE = 16;

/**
 * The first fields of slice_segment_header() (ISO/IEC 23008-2 §7.3.6.1). One object is reused for every
 * packet, and only the first bytes of the slice segment are looked at.
 */
export class HevcSlicePrefix {
  readonly #scratch = new Uint8Array(PREFIX_SIZE);
  readonly #reader = new BitReader(this.#scratch);
  firstSliceSegmentInPic = false;
  ppsId = 0;

  /** Reads the slice segment NAL unit data[start, end). */
  read(data: Uint8Array, start: number, end: number): void {
    const reader = this.#reader;
    reader.reset(this.#scratch, 16, unescapeInto(data, start, end, this.#scratch));
    this.firstSliceSegmentInPic = reader.flag();
    if (isHevcIrap(hevcNalUnitType(data[start]!))) reader.skip(1); // no_output_of_prior_pics_flag
    this.ppsId = reader.ue();
    if (reader.overrun) {
      throw new MuxerError('ERR_CLOUDPUSH_VIDEO_CUT_OFF', {
        offset: start,
        field: 'slice_segment_header',
        actual: `${end - start} bytes`,
        permitted: 'all fields up to slice_pic_parameter_set_id',
      });
    }
    if (this.ppsId > 63) {
      throw new MuxerError('ERR_CLOUDPUSH_VIDEO_SLICE_INVALID', {
        offset: start,
        field: 'slice_pic_parameter_set_id',
        actual: this.ppsId,
        permitted: '0 to 63',
      });
    }
  }
}
