/** Fills a byte array of known size in network byte order: measure, allocate once, fill. */
export class ByteWriter {
  readonly bytes: Uint8Array;
  #position = 0;

  constructor(size: number) {
    this.bytes = new Uint8Array(size);
  }

  get position(): number {
    return this.#position;
  }

  u8(value: number): void {
    this.bytes[this.#position++] = value;
  }

  u16(value: number): void {
    this.u8(value >>> 8);
    this.u8(value);
  }

  u24(value: number): void {
    this.u8(value >>> 16);
    this.u16(value);
  }

  u32(value: number): void {
    this.u16(value >>> 16);
    this.u16(value);
  }

  copy(bytes: Uint8Array): void {
    this.bytes.set(bytes, this.#position);
    this.#position += bytes.length;
  }
}
