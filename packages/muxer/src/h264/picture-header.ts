import { type ById, sliceHeaderReader } from '../nal/slice-header-reader.js';
import { AvcNalUnitType, avcNalUnitType } from './nal-unit.js';
import type { AvcPps } from './pps.js';
import type { AvcSps } from './sps.js';

/** The fields of slice_header() (ISO/IEC 14496-10 §7.3.3) that all slices of a picture share. */
export interface AvcPictureHeader {
  readonly sps: AvcSps;
  readonly ppsId: number;
  readonly idr: boolean;
  readonly reference: boolean;
  readonly frameNum: number;
  readonly fieldPic: boolean;
  readonly bottomField: boolean;
  readonly idrPicId: number;
  readonly picOrderCntLsb: number;
  readonly deltaPicOrderCntBottom: number;
  readonly deltaPicOrderCnt: readonly [number, number];
}

/** Undefined when the slice is cut off or its parameter sets have not come. */
export function readAvcPictureHeader(
  nal: Uint8Array,
  ppsById: ById<AvcPps>,
  spsById: ById<AvcSps>,
): AvcPictureHeader | undefined {
  const reader = sliceHeaderReader(nal, 1);
  reader.ue(); // first_mb_in_slice
  reader.ue(); // slice_type
  const pps = ppsById.get(reader.ue());
  const sps = pps === undefined ? undefined : spsById.get(pps.spsId);
  if (pps === undefined || sps === undefined) return undefined;
  const idr = avcNalUnitType(nal[0]!) === AvcNalUnitType.idrSlice;
  if (sps.separateColourPlane) reader.skip(2);
  const frameNum = reader.bits(sps.log2MaxFrameNum);
  const fieldPic = !sps.frameMbsOnly && reader.flag();
  const bottomField = fieldPic && reader.flag();
  const idrPicId = idr ? reader.ue() : 0;
  const bothFields = pps.bottomFieldPicOrderInFramePresent && !fieldPic;
  const lsb = sps.picOrderCntType === 0 ? reader.bits(sps.log2MaxPicOrderCntLsb) : 0;
  const deltaBottom = sps.picOrderCntType === 0 && bothFields ? reader.se() : 0;
  const deltas = sps.picOrderCntType === 1 && !sps.deltaPicOrderAlwaysZero;
  const delta0 = deltas ? reader.se() : 0;
  const delta1 = deltas && bothFields ? reader.se() : 0;
  if (reader.overrun) return undefined;
  return {
    sps,
    ppsId: pps.id,
    idr,
    reference: (nal[0]! & 0x60) !== 0,
    frameNum,
    fieldPic,
    bottomField,
    idrPicId,
    picOrderCntLsb: lsb,
    deltaPicOrderCntBottom: deltaBottom,
    deltaPicOrderCnt: [delta0, delta1],
  };
}

/** Tells whether two slices are of different primary coded pictures (§7.4.1.2.4). */
export function isOtherAvcPicture(a: AvcPictureHeader, b: AvcPictureHeader): boolean {
  return (
    a.frameNum !== b.frameNum ||
    a.ppsId !== b.ppsId ||
    a.fieldPic !== b.fieldPic ||
    a.bottomField !== b.bottomField ||
    a.reference !== b.reference ||
    a.idr !== b.idr ||
    a.idrPicId !== b.idrPicId ||
    a.picOrderCntLsb !== b.picOrderCntLsb ||
    a.deltaPicOrderCntBottom !== b.deltaPicOrderCntBottom ||
    a.deltaPicOrderCnt[0] !== b.deltaPicOrderCnt[0] ||
    a.deltaPicOrderCnt[1] !== b.deltaPicOrderCnt[1]
  );
}

/**
 * Tells whether `second` is the second field of the frame that `first` began (§3.30, complementary field
 * pairs).
 */
export function isSecondField(first: AvcPictureHeader, second: AvcPictureHeader): boolean {
  return (
    first.fieldPic &&
    second.fieldPic &&
    first.bottomField !== second.bottomField &&
    first.frameNum === second.frameNum &&
    !second.idr
  );
}
