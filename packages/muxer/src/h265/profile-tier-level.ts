import type { ParameterSetReader } from '../nal/parameter-set-reader.js';

/** The general_ fields of profile_tier_level() (ISO/IEC 23008-2 §7.3.3). */
export interface ProfileTierLevel {
  readonly profileSpace: number;
  readonly tierFlag: number;
  readonly profileIdc: number;
  /** general_profile_compatibility_flag[0] is the most significant bit. */
  readonly compatibilityFlags: number;
  /** The 48 bits after the compatibility flags, as 6 bytes. */
  readonly constraintFlags: Uint8Array;
  readonly levelIdc: number;
}

export function readProfileTierLevel(
  reader: ParameterSetReader,
  maxSubLayersMinus1: number,
): ProfileTierLevel {
  const general = {
    profileSpace: reader.bits(2),
    tierFlag: reader.bit(),
    profileIdc: reader.bits(5),
    compatibilityFlags: reader.bits(32),
    constraintFlags: readBytes(reader, 6),
    levelIdc: reader.bits(8),
  };
  skipSubLayers(reader, maxSubLayersMinus1);
  return general;
}

function skipSubLayers(reader: ParameterSetReader, maxSubLayersMinus1: number): void {
  if (maxSubLayersMinus1 === 0) return;
  const present = reader.bits(16); // two flags for each of eight layers
  for (let i = 0; i < maxSubLayersMinus1; i++) {
    const flags = (present >> (14 - 2 * i)) & 3;
    if ((flags & 2) !== 0) reader.skip(88);
    if ((flags & 1) !== 0) reader.skip(8);
  }
}

function readBytes(reader: ParameterSetReader, count: number): Uint8Array {
  const bytes = new Uint8Array(count);
  for (let i = 0; i < count; i++) bytes[i] = reader.bits(8);
  return bytes;
}
