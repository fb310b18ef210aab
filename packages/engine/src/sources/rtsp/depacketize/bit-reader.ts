/** Reads a bit string from the left. Reading past the end gives zeros and sets `overrun`. */
export class BitReader {
  #bytes: Uint8Array;
  #end: number;
  /** Bits from the start of `bytes`. */
  position: number;
  overrun = false;

  /** Reads `bytes` from byte `start` up to byte `end`. */
  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.position = start * 8;
    this.#end = end * 8;
  }

  /** Starts anew on other bytes. */
  reset(bytes: Uint8Array, start: number, end: number): void {
    this.#bytes = bytes;
    this.position = start * 8;
    this.#end = end * 8;
    this.overrun = false;
  }

  get bitsLeft(): number {
    return Math.max(0, this.#end - this.position);
  }

  /** An unsigned integer of `count` bits, from 0 to 32. */
  bits(count: number): number {
    if (this.position + count > this.#end) {
      this.overrun = true;
      this.position = this.#end;
      return 0;
    }
    let value = 0;
    for (let left = count; left > 0; ) {
      const offset = this.position & 7;
      const take = Math.min(left, 8 - offset);
      const byte = this.#bytes[this.position >> 3]!;
      value = value * 2 ** take + ((byte >> (8 - offset - take)) & ((1 << take) - 1));
      this.position += take;
      left -= take;
    }
    return value;
  }

  flag(): boolean {
    return this.bits(1) === 1;
  }

  skip(count: number): void {
    this.position += count;
    if (this.position > this.#end) {
      this.overrun = true;
      this.position = this.#end;
    }
  }
}
