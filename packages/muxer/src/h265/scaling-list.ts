import type { ParameterSetReader } from '../nal/parameter-set-reader.js';

/** scaling_list_data() (ISO/IEC 23008-2 §7.3.4). */
export function skipScalingListData(reader: ParameterSetReader): void {
  for (let sizeId = 0; sizeId < 4; sizeId++) {
    for (let matrixId = 0; matrixId < 6; matrixId += sizeId === 3 ? 3 : 1) skipScalingList(reader, sizeId);
  }
}

function skipScalingList(reader: ParameterSetReader, sizeId: number): void {
  if (!reader.flag()) {
    reader.ueUpTo('scaling_list_pred_matrix_id_delta', 5);
    return;
  }
  if (sizeId > 1) reader.seIn('scaling_list_dc_coef_minus8', -7, 247);
  const coefficients = Math.min(64, 1 << (4 + sizeId * 2));
  for (let i = 0; i < coefficients; i++) reader.seIn('scaling_list_delta_coef', -128, 127);
}
