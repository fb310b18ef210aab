/**
 * Walks the messages of an SEI NAL unit (ISO/IEC 14496-10 §7.3.2.3, 23008-2 §7.3.5) without copying it:
 * payload sizes count bytes without emulation prevention, so these are stepped over on the way.
 */
export class SeiWalker {
  #data: Uint8Array = new Uint8Array(0);
  #position = 0;
  #end = 0;
  #zeros = 0;
  payloadType = 0;
  payloadSize = 0;

  /** Begins at the first byte after the NAL unit header. */
  begin(data: Uint8Array, start: number, end: number): void {
    this.#data = data;
    this.#position = start;
    this.#end = end;
    this.#zeros = 0;
  }

  /** Offset of the next message, or of the bytes behind the last. */
  get position(): number {
    const isEscaped = this.#zeros >= 2 && this.#position < this.#end && this.#data[this.#position] === 3;
    return isEscaped ? this.#position + 1 : this.#position;
  }

  /** Reads the next message's header; false at the end. Skip or read the payload before the next call. */
  next(): boolean {
    // rbsp_trailing_bits alone are one byte.
    if (this.#end - this.#position < 2) return false;
    this.payloadType = this.#readVariable();
    this.payloadSize = this.#readVariable();
    return this.#position <= this.#end && this.payloadType >= 0 && this.payloadSize >= 0;
  }

  skipPayload(): void {
    for (let i = 0; i < this.payloadSize; i++) if (this.#readByte() < 0) return;
  }

  /** The payload, as far as it is there. */
  readPayload(): Uint8Array {
    const payload = new Uint8Array(Math.min(this.payloadSize, this.#end - this.#position));
    for (let i = 0; i < payload.length; i++) {
      const byte = this.#readByte();
      if (byte < 0) return payload.subarray(0, i);
      payload[i] = byte;
    }
    return payload;
  }

  #readVariable(): number {
    let value = 0;
    let byte = this.#readByte();
    while (byte === 0xff) {
      value += 255;
      byte = this.#readByte();
    }
    return byte < 0 ? -1 : value + byte;
  }

  #readByte(): number {
    if (this.#position >= this.#end) return -1;
    let byte = this.#data[this.#position++]!;
    if (this.#zeros >= 2 && byte === 3) {
      this.#zeros = 0;
      if (this.#position >= this.#end) return -1;
      byte = this.#data[this.#position++]!;
    }
    this.#zeros = byte === 0 ? this.#zeros + 1 : 0;
    return byte;
  }
}
