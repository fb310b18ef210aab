/** The bits above the lowest `count` of an unsigned value. */
export function bitsAbove(value: number, count: number): number {
  return value >>> count;
}

/** The lowest `count` bits of a value, at most 31. */
export function lowestBits(value: number, count: number): number {
  return value & ((1 << count) - 1);
}

/** A value whose lowest `lowerCount` bits are `lower`, and what is above them `upper`. */
export function joinBits(upper: number, lower: number, lowerCount: number): number {
  return (upper << lowerCount) | lower;
}

/** The two's complement number in a field of `width` bits, at most 32. */
export function signExtend(value: number, width: number): number {
  return (value << (32 - width)) >> (32 - width);
}
