/** The integer nearest to `near` whose low 16 bits are `value`. */
export function unwrap16(near: number, value: number): number {
  return near + (((value - near) << 16) >> 16);
}

/** The integer nearest to `near` whose low 32 bits are `value`; exact up to 2^53. */
export function unwrap32(near: number, value: number): number {
  return near + ((value - near) | 0);
}
