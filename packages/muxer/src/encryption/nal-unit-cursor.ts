import { MuxerError } from '../errors.js';

/**
 * Walks the NAL units of a sample with their lengths in front (ISO/IEC 14496-15 §5.3.4.2). The sample may lie
 * in several parts, but no length and no NAL unit in more than one. Where they are is in the fields, so that
 * walking makes no garbage.
 */
export class NalUnitCursor {
  #parts: readonly Uint8Array[] = [];
  #lengthSize = 4;
  /** The part with the length, and where the length begins in it. */
  lengthPart = 0;
  lengthStart = 0;
  /** The part with the NAL unit, and where it begins and ends in it. */
  part = 0;
  start = 0;
  end = 0;

  /** Begins at `offset` of the first part. */
  begin(parts: readonly Uint8Array[], offset: number, lengthSize: number): void {
    this.#parts = parts;
    this.#lengthSize = lengthSize;
    this.part = 0;
    this.end = offset;
  }

  /**
   * Goes to the next NAL unit; false at the end of the sample. Throws MuxerError when a length reaches too
   * far.
   */
  next(): boolean {
    this.#skipToBytes();
    if (this.part === this.#parts.length) return false;
    this.lengthPart = this.part;
    this.lengthStart = this.end;
    const length = this.#readLength();
    if (length > 0) this.#skipToBytes();
    const left = this.part === this.#parts.length ? 0 : this.#parts[this.part]!.length - this.end;
    if (length > left) throw this.#tooLong(length, left);
    this.start = this.end;
    this.end += length;
    return true;
  }

  #skipToBytes(): void {
    while (this.part < this.#parts.length && this.end === this.#parts[this.part]!.length) {
      this.part++;
      this.end = 0;
    }
  }

  #readLength(): number {
    const bytes = this.#parts[this.part]!;
    const left = bytes.length - this.end;
    if (left < this.#lengthSize) throw this.#tooLong(this.#lengthSize, left);
    const end = this.end + this.#lengthSize;
    let length = 0;
    for (let i = this.end; i < end; i++) length = length * 256 + bytes[i]!;
    this.end = end;
    return length;
  }

  #tooLong(actual: number, left: number): MuxerError {
    let offset = this.lengthStart;
    for (let i = 0; i < this.lengthPart; i++) offset += this.#parts[i]!.length;
    const permitted = `≤ ${left}`;
    return new MuxerError('ERR_CLOUDPUSH_FLV_TAG_INVALID', {
      offset,
      field: 'NALUnitLength',
      actual,
      permitted,
    });
  }
}
