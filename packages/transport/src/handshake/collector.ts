/** Gathers a fixed number of bytes from pieces. */
export class Collector {
  readonly bytes: Buffer;
  #filled = 0;

  constructor(length: number) {
    this.bytes = Buffer.alloc(length);
  }

  get full(): boolean {
    return this.#filled === this.bytes.length;
  }

  get empty(): boolean {
    return this.#filled === 0;
  }

  /** Takes what it needs from `piece` at `offset` and returns the offset behind that. */
  take(piece: Uint8Array, offset: number): number {
    const length = Math.min(this.bytes.length - this.#filled, piece.length - offset);
    this.bytes.set(piece.subarray(offset, offset + length), this.#filled);
    this.#filled += length;
    return offset + length;
  }
}
