/** Writes a bit string from the left into bytes that grow as needed; for small configuration records only. */
export class BitWriter {
  readonly #bytes: number[] = [];
  #position = 0;

  /** u(n), n from 0 to 32. */
  bits(count: number, value: number): void {
    for (let i = count - 1; i >= 0; i--) this.#bit((value >>> i) & 1);
  }

  /** As many zeros. */
  zeros(count: number): void {
    for (let i = 0; i < count; i++) this.#bit(0);
  }

  #bit(bit: number): void {
    if ((this.#position & 7) === 0) this.#bytes.push(0);
    this.#bytes[this.#position >> 3]! |= bit << (7 - (this.#position & 7));
    this.#position++;
  }

  /** The bits from `start` up to `end` of other bytes. */
  copyBits(source: Uint8Array, start: number, end: number): void {
    for (let i = start; i < end; i++) this.#bit((source[i >> 3]! >> (7 - (i & 7))) & 1);
  }

  /** Fills up to the next byte boundary with zeros. */
  align(): void {
    this.#position = (this.#position + 7) & ~7;
  }

  finish(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }
}
