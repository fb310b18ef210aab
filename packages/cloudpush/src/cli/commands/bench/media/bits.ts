/** Bits as text, for the few headers of synthetic pictures: `0` and `1`, the first one on the left. */
export type Bits = string;

/** An unsigned number of `length` bits: u(n) of H.264 §7.2. */
export function fixed(length: number, value: number): Bits {
  return value.toString(2).padStart(length, '0');
}

/** An unsigned Exp-Golomb code: ue(v) of H.264 §9.1. */
export function golomb(value: number): Bits {
  const code = (value + 1).toString(2);
  return code.padStart(2 * code.length - 1, '0');
}

/** Bytes of a NAL unit's payload: the bits, and the trailing ones of H.264 §7.3.2.11. */
export function bytesOf(bits: Bits): Uint8Array {
  const stopped = `${bits}1`;
  const whole = stopped.padEnd(Math.ceil(stopped.length / 8) * 8, '0');
  return Uint8Array.from({ length: whole.length / 8 }, (_, i) =>
    Number.parseInt(whole.slice(8 * i, 8 * i + 8), 2),
  );
}
