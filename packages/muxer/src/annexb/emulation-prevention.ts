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
