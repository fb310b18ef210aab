/** Bytes from hex with blanks and line breaks for people. */
export function hex(text: string): Buffer {
  return Buffer.from(text.replace(/\s+/g, ''), 'hex');
}

/** Bytes with a pattern in which a shift or a swap shows. */
export function pattern(length: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(length);
  let state = seed;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

/** Gathers what is pushed, copied, as the wire would see it. */
export class ByteSink {
  slices: Uint8Array[] = [];

  push(slice: Uint8Array): void {
    this.slices.push(slice);
  }

  /** Everything pushed since the last call. */
  take(): Buffer {
    const bytes = Buffer.concat(this.slices);
    this.slices = [];
    return bytes;
  }
}
