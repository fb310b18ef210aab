/** nal_unit_type (ISO/IEC 14496-10 Table 7-1), as far as a muxer tells them apart. */
export const AvcNalUnitType = {
  nonIdrSlice: 1,
  dataPartitionA: 2,
  dataPartitionC: 4,
  idrSlice: 5,
  sei: 6,
  sps: 7,
  pps: 8,
  accessUnitDelimiter: 9,
  endOfSequence: 10,
  endOfStream: 11,
  fillerData: 12,
  spsExtension: 13,
  prefixNalUnit: 14,
  subsetSps: 15,
  auxiliarySlice: 19,
} as const;

export function avcNalUnitType(header: number): number {
  return header & 0x1f;
}

/** Whether the NAL unit is (part of) a slice of the primary coded picture. */
export function isAvcSlice(type: number): boolean {
  return type >= AvcNalUnitType.nonIdrSlice && type <= AvcNalUnitType.idrSlice;
}
