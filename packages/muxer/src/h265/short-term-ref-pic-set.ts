import type { ParameterSetReader } from '../nal/parameter-set-reader.js';

/** The list of st_ref_pic_set() of an SPS (ISO/IEC 23008-2 §7.3.7), which must be read to get past it. */
export function skipShortTermRefPicSets(reader: ParameterSetReader): void {
  const count = reader.ueUpTo('num_short_term_ref_pic_sets', 64);
  let deltaPocs = 0; // NumDeltaPocs of the set before
  for (let i = 0; i < count; i++) {
    deltaPocs = i > 0 && reader.flag() ? skipPredictedSet(reader, deltaPocs) : skipExplicitSet(reader);
  }
}

function skipPredictedSet(reader: ParameterSetReader, referenceDeltaPocs: number): number {
  reader.skip(1); // delta_rps_sign
  reader.ueUpTo('abs_delta_rps_minus1', 0x7fff);
  let deltaPocs = 0;
  for (let j = 0; j <= referenceDeltaPocs; j++) {
    const usedByCurrPic = reader.flag();
    if (usedByCurrPic || reader.flag()) deltaPocs++;
  }
  return reader.inRange('NumDeltaPocs', deltaPocs, 0, 32);
}

function skipExplicitSet(reader: ParameterSetReader): number {
  const negative = reader.ueUpTo('num_negative_pics', 16);
  const positive = reader.ueUpTo('num_positive_pics', 16);
  for (let i = 0; i < negative + positive; i++) {
    reader.ueUpTo('delta_poc_minus1', 0x7fff);
    reader.skip(1); // used_by_curr_pic_flag
  }
  return negative + positive;
}
