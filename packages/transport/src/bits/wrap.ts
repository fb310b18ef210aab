/** A number as a 32-bit unsigned field holds it: whole, modulo 2^32. */
export function wrapUint32(value: number): number {
  return value >>> 0;
}

/** Lead of `later` over `earlier` on a counter that wraps at 2^32; negative when it is behind. */
export function wrappedDifference(later: number, earlier: number): number {
  return (later - earlier) | 0;
}
