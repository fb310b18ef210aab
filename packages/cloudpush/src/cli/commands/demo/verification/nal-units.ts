const START_CODE = Buffer.of(0, 0, 1);

/** NAL units of an Annex-B byte stream, without start codes and trailing zeros (14496-10 B.1). */
export function nalUnits(data: Uint8Array): Uint8Array[] {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const units: Uint8Array[] = [];
  let start = bytes.indexOf(START_CODE);
  while (start >= 0) {
    start += START_CODE.length;
    const next = bytes.indexOf(START_CODE, start);
    let end = next < 0 ? bytes.length : next;
    while (end > start && bytes[end - 1] === 0) end--;
    if (end > start) units.push(bytes.subarray(start, end));
    start = next;
  }
  return units;
}

/** nal_unit_type: 14496-10 7.3.1 for H.264, 23008-2 7.3.1.2 for H.265. */
export function nalUnitType(codec: 'h264' | 'h265', unit: Uint8Array): number {
  return codec === 'h264' ? unit[0]! & 0x1f : (unit[0]! >> 1) & 0x3f;
}
