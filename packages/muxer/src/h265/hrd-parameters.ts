import type { ParameterSetReader } from '../nal/parameter-set-reader.js';

/** hrd_parameters() (ISO/IEC 23008-2 §E.2.2); nothing of it matters outside of a decoder's buffer model. */
export function skipHevcHrdParameters(
  reader: ParameterSetReader,
  commonInfPresent: boolean,
  maxSubLayersMinus1: number,
): void {
  let nal = false;
  let vcl = false;
  let subPicture = false;
  if (commonInfPresent) {
    nal = reader.flag();
    vcl = reader.flag();
    if (nal || vcl) {
      subPicture = reader.flag();
      if (subPicture) reader.skip(19);
      reader.skip(8); // bit_rate_scale, cpb_size_scale
      if (subPicture) reader.skip(4);
      reader.skip(15); // three delay lengths
    }
  }
  for (let i = 0; i <= maxSubLayersMinus1; i++) {
    const fixedGeneral = reader.flag();
    const fixedWithinCvs = fixedGeneral || reader.flag();
    let lowDelay = false;
    if (fixedWithinCvs) reader.ueUpTo('elemental_duration_in_tc_minus1', 2047);
    else lowDelay = reader.flag();
    const cpbCount = lowDelay ? 1 : reader.ueUpTo('cpb_cnt_minus1', 31) + 1;
    if (nal) skipSubLayerHrd(reader, cpbCount, subPicture);
    if (vcl) skipSubLayerHrd(reader, cpbCount, subPicture);
  }
}

function skipSubLayerHrd(reader: ParameterSetReader, cpbCount: number, subPicture: boolean): void {
  for (let i = 0; i < cpbCount; i++) {
    reader.ue();
    reader.ue();
    if (subPicture) {
      reader.ue();
      reader.ue();
    }
    reader.skip(1); // cbr_flag
  }
}
