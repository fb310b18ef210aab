import { type ById, sliceHeaderReader } from '../nal/slice-header-reader.js';
import { HevcNalUnitType, hevcNalUnitType, isHevcIrap } from './nal-unit.js';
import type { HevcPps } from './pps.js';
import type { HevcSps } from './sps.js';

/** The fields of the first slice_segment_header() of a picture (ISO/IEC 23008-2 §7.3.6.1). */
export interface HevcPictureHeader {
  readonly sps: HevcSps;
  readonly picOrderCntLsb: number;
}

/** Undefined when the slice segment is cut off or its parameter sets have not come. */
export function readHevcPictureHeader(
  nal: Uint8Array,
  ppsById: ById<HevcPps>,
  spsById: ById<HevcSps>,
): HevcPictureHeader | undefined {
  const reader = sliceHeaderReader(nal, 2);
  const type = hevcNalUnitType(nal[0]!);
  if (!reader.flag()) return undefined; // first_slice_segment_in_pic_flag
  if (isHevcIrap(type)) reader.skip(1);
  const pps = ppsById.get(reader.ue());
  const sps = pps === undefined ? undefined : spsById.get(pps.spsId);
  if (pps === undefined || sps === undefined) return undefined;
  reader.skip(pps.numExtraSliceHeaderBits);
  reader.ue(); // slice_type
  if (pps.outputFlagPresent) reader.skip(1);
  if (sps.separateColourPlane) reader.skip(2);
  const idr = type === HevcNalUnitType.idrWRadl || type === HevcNalUnitType.idrNLp;
  const picOrderCntLsb = idr ? 0 : reader.bits(sps.log2MaxPicOrderCntLsb);
  return reader.overrun ? undefined : { sps, picOrderCntLsb };
}

/** Decoding process for picture order count (§8.3.1). */
export class HevcPictureOrderCount {
  #previousTid0 = 0;

  /** @param reset the picture is an IRAP picture with NoRaslOutputFlag */
  next(picture: HevcPictureHeader, type: number, temporalId: number, reset: boolean): number {
    const range = 2 ** picture.sps.log2MaxPicOrderCntLsb;
    const lsb = picture.picOrderCntLsb;
    const previousLsb = ((this.#previousTid0 % range) + range) % range;
    let msb = reset ? 0 : this.#previousTid0 - previousLsb;
    if (!reset && lsb < previousLsb && previousLsb - lsb >= range / 2) msb += range;
    else if (!reset && lsb > previousLsb && lsb - previousLsb > range / 2) msb -= range;
    const order = msb + lsb;
    // RADL, RASL and sub-layer non-reference pictures are no anchors: types 6 to 9 and the even ones up to
    // 14.
    const anchor = temporalId === 0 && !(type >= 6 && type <= 9) && !(type <= 14 && type % 2 === 0);
    if (anchor) this.#previousTid0 = order;
    return order;
  }
}
