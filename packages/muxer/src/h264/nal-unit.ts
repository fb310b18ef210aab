/** nal_unit_type (ISO/IEC 14496-10 Table 7-1), as far as a muxer tells them apart. */
export const AvcNalUnitType = {
  nonIdrSlice: 1,
  dataPartitionA: 2,
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

/** nal_unit_type of the NAL unit that begins with this byte (§7.3.1). */
export function avcNalUnitType(header: number): number {
  return header & 0x1f;
}

/**
 * Tells whether the NAL unit is (part of) a picture: slices and data partitions, then auxiliary, extension
 * and depth slices (Table 7-1).
 */
export function isAvcVcl(type: number): boolean {
  return (
    (type >= AvcNalUnitType.nonIdrSlice && type <= AvcNalUnitType.idrSlice) || (type >= 19 && type <= 21)
  );
}

/** Tells whether the NAL unit is a parameter set that `AVCDecoderConfigurationRecord` has a place for. */
export function isAvcParameterSet(type: number): boolean {
  return type === AvcNalUnitType.sps || type === AvcNalUnitType.pps || type === AvcNalUnitType.spsExtension;
}

/**
 * Tells whether the NAL unit begins with a slice header: slices, and the first of the data partitions of a
 * slice (Extended profile), whose other two follow it.
 */
export function isAvcSlice(type: number): boolean {
  return (
    type === AvcNalUnitType.nonIdrSlice ||
    type === AvcNalUnitType.idrSlice ||
    type === AvcNalUnitType.dataPartitionA
  );
}

/**
 * Tells whether decoders ignore NAL units of this type, whatever is in them (§7.4.1): filler, and the types
 * that are reserved (17, 18, 22, 23) or unspecified (0, 24 to 31), which vendors put things of their own
 * into.
 */
export function isIgnoredByAvcDecoders(type: number): boolean {
  return type === 0 || type === 17 || type === 18 || type > 21 || type === AvcNalUnitType.fillerData;
}

/** Tells whether the NAL unit is, or may be, of a picture that others refer to: its nal_ref_idc is not 0. */
export function isMissedAvcNalUnit(data: Uint8Array, start: number): boolean {
  const header = data[start]!;
  return (header & 0x80) !== 0 || (isAvcSlice(avcNalUnitType(header)) && (header & 0x60) !== 0);
}

/** Tells whether the NAL unit, behind a picture, begins the next access unit (§7.4.1.2.3). */
export function beginsAvcAccessUnit(type: number): boolean {
  return (
    (type >= AvcNalUnitType.sei && type <= AvcNalUnitType.accessUnitDelimiter) ||
    (type >= AvcNalUnitType.prefixNalUnit && type <= 18)
  );
}

/** The same of the types that decoders know, with what goes in front of a picture but never first. */
export function isBeforeAvcPicture(type: number): boolean {
  if (type === AvcNalUnitType.spsExtension) return true;
  return beginsAvcAccessUnit(type) && !isIgnoredByAvcDecoders(type);
}
