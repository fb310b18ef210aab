/** The rest of a byte stream that comes in pieces, for parsers that take it in units. */
export class Pieces {
  /** Bytes of the stream in front of `data`. */
  offset = 0;
  data: Buffer = Buffer.alloc(0);

  push(piece: Uint8Array): void {
    const next = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    this.data = this.data.length === 0 ? next : Buffer.concat([this.data, next]);
  }

  /** Takes `length` bytes, which are there, in memory that nobody writes to again. */
  take(length: number): Buffer {
    const taken = this.data.subarray(0, length);
    this.data = this.data.subarray(length);
    this.offset += length;
    return taken;
  }
}
