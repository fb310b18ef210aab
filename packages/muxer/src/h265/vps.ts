import { ParameterSetReader, vpsFaults } from '../nal/parameter-set-reader.js';
import { skipHevcHrdParameters } from './hrd-parameters.js';
import { type ProfileTierLevel, readProfileTierLevel } from './profile-tier-level.js';

/** video_parameter_set_rbsp() (ISO/IEC 23008-2 §7.3.2.1), as far as it matters outside of a decoder. */
export interface HevcVps {
  readonly id: number;
  readonly maxSubLayers: number;
  readonly temporalIdNesting: boolean;
  readonly profileTierLevel: ProfileTierLevel;
  readonly numUnitsInTick: number;
  readonly timeScale: number;
}

/** Parses a VPS NAL unit, header included; `at` is where it is in its packet. Throws MuxerError. */
export function parseHevcVps(nal: Uint8Array, at = 0): HevcVps {
  const reader = new ParameterSetReader(nal, 2, vpsFaults, at);
  const id = reader.bits(4);
  reader.skip(2 + 6); // base layer flags, vps_max_layers_minus1
  const maxSubLayersMinus1 = reader.inRange('vps_max_sub_layers_minus1', reader.bits(3), 0, 6);
  const temporalIdNesting = reader.flag();
  reader.inRange('vps_reserved_0xffff_16bits', reader.bits(16), 0xffff, 0xffff);
  const profileTierLevel = readProfileTierLevel(reader, maxSubLayersMinus1);
  skipSubLayerOrdering(reader, maxSubLayersMinus1);
  skipLayerSets(reader);
  const timing = reader.flag();
  const numUnitsInTick = timing ? reader.bits(32) : 0;
  const timeScale = timing ? reader.bits(32) : 0;
  if (timing) {
    if (reader.flag()) reader.ue(); // vps_num_ticks_poc_diff_one_minus1
    skipHrdList(reader, maxSubLayersMinus1);
  }
  reader.skip(1); // vps_extension_flag
  reader.requireData();
  return {
    id,
    maxSubLayers: maxSubLayersMinus1 + 1,
    temporalIdNesting,
    profileTierLevel,
    numUnitsInTick,
    timeScale,
  };
}

function skipSubLayerOrdering(reader: ParameterSetReader, maxSubLayersMinus1: number): void {
  const present = reader.flag();
  for (let i = present ? 0 : maxSubLayersMinus1; i <= maxSubLayersMinus1; i++) {
    reader.ueUpTo('vps_max_dec_pic_buffering_minus1', 15);
    reader.ueUpTo('vps_max_num_reorder_pics', 15);
    reader.ue(); // vps_max_latency_increase_plus1
  }
}

function skipLayerSets(reader: ParameterSetReader): void {
  const maxLayerId = reader.bits(6);
  const layerSets = reader.ueUpTo('vps_num_layer_sets_minus1', 1023);
  reader.skip(layerSets * (maxLayerId + 1));
  reader.requireData();
}

function skipHrdList(reader: ParameterSetReader, maxSubLayersMinus1: number): void {
  const count = reader.ueUpTo('vps_num_hrd_parameters', 1024);
  for (let i = 0; i < count; i++) {
    reader.ue(); // hrd_layer_set_idx
    const commonInfPresent = i === 0 || reader.flag();
    skipHevcHrdParameters(reader, commonInfPresent, maxSubLayersMinus1);
    reader.requireData();
  }
}
