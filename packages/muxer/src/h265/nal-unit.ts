/** nal_unit_type (ISO/IEC 23008-2 Table 7-1), as far as a muxer tells them apart. */
export const HevcNalUnitType = {
  raslN: 8,
  raslR: 9,
  lastSubLayerNonReference: 14,
  blaWLp: 16,
  idrWRadl: 19,
  idrNLp: 20,
  cra: 21,
  lastIrap: 23,
  lastVcl: 31,
  vps: 32,
  sps: 33,
  pps: 34,
  accessUnitDelimiter: 35,
  endOfSequence: 36,
  endOfBitstream: 37,
  fillerData: 38,
  prefixSei: 39,
  suffixSei: 40,
} as const;

/** nal_unit_type of the NAL unit that begins with this byte (§7.3.1.2). */
export function hevcNalUnitType(firstHeaderByte: number): number {
  return (firstHeaderByte >> 1) & 0x3f;
}

/** Tells whether the NAL unit is (part of) a picture; 32 and above are not. */
export function isHevcVcl(type: number): boolean {
  return type <= HevcNalUnitType.lastVcl;
}

/** Tells whether the NAL unit is a parameter set: of video, sequence or picture. */
export function isHevcParameterSet(type: number): boolean {
  return type >= HevcNalUnitType.vps && type <= HevcNalUnitType.pps;
}

/** Intra random access point pictures: BLA, IDR, CRA and two reserved types. */
export function isHevcIrap(type: number): boolean {
  return type >= HevcNalUnitType.blaWLp && type <= HevcNalUnitType.lastIrap;
}

/** Sub-layer non-reference pictures have the even types up to RSV_VCL_N14. */
export function isSubLayerNonReference(type: number): boolean {
  return type <= HevcNalUnitType.lastSubLayerNonReference && type % 2 === 0;
}

/**
 * Tells whether decoders ignore NAL units of this type, whatever is in them (§7.4.2.2): filler, and the types
 * that are reserved (10 to 15, 22 to 31, 41 to 47) or unspecified (48 to 63), which vendors put things of
 * their own into.
 */
export function isIgnoredByHevcDecoders(type: number): boolean {
  if (type <= HevcNalUnitType.lastVcl) return !isHevcSlice(type);
  return type > HevcNalUnitType.suffixSei || type === HevcNalUnitType.fillerData;
}

/**
 * Tells whether the NAL unit is a slice segment that decoders know: reserved types are VCL NAL units, too.
 */
export function isHevcSlice(type: number): boolean {
  return type <= HevcNalUnitType.raslR || (type >= HevcNalUnitType.blaWLp && type <= HevcNalUnitType.cra);
}

/**
 * Tells whether the NAL unit is, or may be, of a picture that others refer to: those of the highest sub-layer
 * may say that they are not.
 * @param highestTemporalId of the stream; 6 is the highest that there can be
 */
export function isMissedHevcNalUnit(data: Uint8Array, start: number, highestTemporalId = 6): boolean {
  const first = data[start]!;
  const second = data[start + 1] ?? 0;
  if ((first & 0x80) !== 0) return true;
  const type = hevcNalUnitType(first);
  if (!isHevcSlice(type) || (first & 1) !== 0 || second > 7) return false;
  return !isSubLayerNonReference(type) || (second & 7) - 1 < highestTemporalId;
}

/** Tells whether the NAL unit, behind a picture, begins the next access unit (§7.4.2.4.4). */
export function beginsHevcAccessUnit(type: number): boolean {
  return isBeforeHevcPicture(type) || (type >= 41 && type <= 44) || (type >= 48 && type <= 55);
}

/** The same of the types that decoders know: vendors put the others anywhere. */
export function isBeforeHevcPicture(type: number): boolean {
  return (
    (type >= HevcNalUnitType.vps && type <= HevcNalUnitType.accessUnitDelimiter) ||
    type === HevcNalUnitType.prefixSei
  );
}
