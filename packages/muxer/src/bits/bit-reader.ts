/**
 * Reads a bit string from the left (ISO/IEC 14496-10 §7.2), with the Exp-Golomb codes of §9.1. Reading past
 * the end gives zeros and sets `overrun`, so that a parser checks once, at its end, and not at every field.
 */
export class BitReader {
  #bytes: Uint8Array;
  #position: number;
  #end: number;
  /** Something was read that is not there. */
  overrun = false;

  /** @param bytes the bytes to read, from byte `start` on */
  constructor(bytes: Uint8Array, start = 0) {
    this.#bytes = bytes;
    this.#position = start * 8;
    this.#end = bytes.length * 8;
  }

  /** Starts anew on other bytes, from bit `position` on and up to `length` bytes. */
  reset(bytes: Uint8Array, position: number, length: number): void {
    this.#bytes = bytes;
    this.#position = position;
    this.#end = length * 8;
    this.overrun = false;
  }

  /** Bits from the start of the bytes. */
  get position(): number {
    return this.#position;
  }

  get bitsLeft(): number {
    return Math.max(0, this.#end - this.#position);
  }

  bit(): number {
    const position = this.#position++;
    if (position >= this.#end) {
      this.overrun = true;
      return 0;
    }
    return (this.#bytes[position >> 3]! >> (7 - (position & 7))) & 1;
  }

  flag(): boolean {
    return this.bit() === 1;
  }

  /** u(n), n from 0 to 32. */
  bits(count: number): number {
    let value = 0;
    let left = count;
    while (left > 0) {
      const offset = this.#position & 7;
      const take = Math.min(left, 8 - offset);
      if (this.#position + take > this.#end) {
        this.overrun = true;
        this.#position += left;
        return 0;
      }
      const byte = this.#bytes[this.#position >> 3]!;
      value = value * 2 ** take + ((byte >> (8 - offset - take)) & ((1 << take) - 1));
      this.#position += take;
      left -= take;
    }
    return value;
  }

  skip(count: number): void {
    this.#position += count;
    if (this.#position > this.#end) this.overrun = true;
  }

  /** Moves on to the next byte boundary. */
  align(): void {
    this.#position = (this.#position + 7) & ~7;
  }

  /** ue(v), from 0 to 2^32 − 2. */
  ue(): number {
    let zeros = 0;
    while (this.bit() === 0) {
      zeros++;
      if (zeros > 31 || this.overrun) {
        this.overrun = true;
        return 0;
      }
    }
    return 2 ** zeros - 1 + this.bits(zeros);
  }

  /** se(v). */
  se(): number {
    const code = this.ue();
    return code % 2 === 0 ? -(code / 2) || 0 : (code + 1) / 2;
  }

  /** more_rbsp_data(): whether anything comes before the stop bit that ends the bytes (§7.2). */
  moreRbspData(): boolean {
    let last = (this.#end >> 3) - 1;
    while (last >= 0 && this.#bytes[last] === 0) last--;
    if (last < 0) return false;
    const byte = this.#bytes[last]!;
    const stopBit = last * 8 + 7 - (31 - Math.clz32(byte & -byte));
    return this.#position < stopBit;
  }
}
