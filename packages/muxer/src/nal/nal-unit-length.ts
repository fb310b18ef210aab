/** NALUnitLength (ISO/IEC 14496-15 §5.3.4.2) of 1 to 4 bytes, which must be there. */
export function readNalUnitLength(data: Uint8Array, offset: number, lengthSize: number): number {
  let length = 0;
  for (let i = 0; i < lengthSize; i++) length = length * 256 + data[offset + i]!;
  return length;
}
