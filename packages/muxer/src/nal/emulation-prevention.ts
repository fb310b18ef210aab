/** The bytes in front of every emulation_prevention_three_byte. */
const twoZeros = Buffer.from([0, 0]);
const escapedZeros = Buffer.from([0, 0, 3]);

/** The native search is several times as fast as a loop over bytes, and works on every Uint8Array. */
const nativeIndexOf = Buffer.prototype.indexOf;

/**
 * The raw byte sequence payload of a NAL unit: without its emulation_prevention_three_bytes
 * (ISO/IEC 14496-10 §7.4.1). Gives `nal` itself when it has none.
 */
export function removeEmulationPrevention(nal: Uint8Array): Uint8Array {
  let found = -1;
  for (let i = 2; i < nal.length; i++) {
    if (nal[i] === 3 && nal[i - 1] === 0 && nal[i - 2] === 0) {
      found = i;
      break;
    }
  }
  if (found < 0) return nal;
  const rbsp = new Uint8Array(nal.length);
  return rbsp.subarray(0, unescapeInto(nal, 0, nal.length, rbsp));
}

/** Unescapes nal[start, end) into `target`, as far as it goes; returns how many bytes it gave. */
export function unescapeInto(nal: Uint8Array, start: number, end: number, target: Uint8Array): number {
  let zeros = 0;
  let size = 0;
  for (let i = start; i < end && size < target.length; i++) {
    const byte = nal[i]!;
    if (zeros >= 2 && byte === 3) {
      zeros = 0;
      continue;
    }
    zeros = byte === 0 ? zeros + 1 : 0;
    target[size++] = byte;
  }
  return size;
}

/**
 * Returns the place that the next emulation_prevention_three_byte has to go to: in front of the byte at the
 * offset that this gives, which is at most 3 and has two zeros at or after `from` before it (ISO/IEC 14496-10
 * §7.4.1); -1: nowhere. To go on, search from that offset.
 */
export function findEmulation(bytes: Uint8Array, from: number): number {
  let zeros = nativeIndexOf.call(bytes, twoZeros, from);
  while (zeros >= 0 && zeros + 2 < bytes.length) {
    if (bytes[zeros + 2]! <= 3) return zeros + 2;
    zeros = nativeIndexOf.call(bytes, twoZeros, zeros + 3);
  }
  return -1;
}

/** Copies `bytes` to `target` at `offset` with emulation prevention; returns where they end there. */
export function escapeInto(bytes: Uint8Array, target: Uint8Array, offset: number): number {
  let zeros = 0;
  let position = offset;
  for (const byte of bytes) {
    if (zeros === 2 && byte <= 3) {
      target[position++] = 3;
      zeros = 0;
    }
    target[position++] = byte;
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  return position;
}

/**
 * Copies `bytes` to `target` at `offset` without emulation prevention; returns where they end there. For long
 * stretches with few escapes, which `unescapeInto` would look at byte by byte.
 */
export function copyUnescaped(bytes: Uint8Array, target: Uint8Array, offset: number): number {
  let from = 0;
  let position = offset;
  let found = nativeIndexOf.call(bytes, escapedZeros, 0);
  while (found >= 0) {
    target.set(bytes.subarray(from, found + 2), position);
    position += found + 2 - from;
    from = found + 3;
    found = nativeIndexOf.call(bytes, escapedZeros, from);
  }
  target.set(bytes.subarray(from), position);
  return position + bytes.length - from;
}
