import { around } from '../bits/bytes.js';
import { FlvTag } from '../flv/flv-tag.js';

/**
 * Makes a tag out of another one, with bytes put into its body or in the place of some. What stays is not copied. The
 * changes are told from the front to the back of the body. A tag that may be written to is used up by it; any other
 * stays as it was.
 */
export class TagSplicer {
  #tag!: FlvTag;
  #writable = false;
  #parts: Uint8Array[] = [];
  #size = 0;
  /** The part that is looked at, and how much of it has been dealt with. */
  #part = 0;
  #done = 0;
  /** What goes into the first part by moving what is in front of it into the headroom. */
  #moved: Uint8Array | undefined;
  #movedTo = 0;

  begin(tag: FlvTag, writable: boolean): void {
    this.#tag = tag;
    this.#writable = writable;
    this.#parts = [];
    this.#size = tag.size;
    this.#part = 0;
    this.#done = 0;
    this.#moved = undefined;
  }

  /** Puts a copy of `bytes` at a place of the body: into the first part itself, if that may be and has the headroom. */
  insert(part: number, offset: number, bytes: Uint8Array): void {
    this.#size += bytes.length;
    const isFirst = part === 0 && this.#parts.length === 0 && this.#moved === undefined;
    if (isFirst && this.#writable && this.#tag.headroom >= bytes.length) {
      this.#moved = bytes;
      this.#movedTo = offset;
      return;
    }
    this.#keepUntil(part, offset);
    this.#parts.push(Uint8Array.from(bytes));
  }

  /** Puts `bytes` themselves in the place of as many bytes of a part. */
  replace(part: number, offset: number, bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#keepUntil(part, offset);
    this.#parts.push(bytes);
    this.#done += bytes.length;
  }

  finish(): FlvTag {
    const { type, role, timestamp, parts, headroom } = this.#tag;
    this.#keepUntil(parts.length - 1, parts[parts.length - 1]!.length);
    const size = this.#moved === undefined ? 0 : this.#move(this.#moved);
    return new FlvTag(type, role, timestamp, this.#parts, this.#size, headroom - size);
  }

  #keepUntil(part: number, offset: number): void {
    const { parts } = this.#tag;
    while (this.#part < part) {
      this.#keep(parts[this.#part]!, parts[this.#part]!.length);
      this.#part++;
      this.#done = 0;
    }
    this.#keep(parts[part]!, offset);
    this.#done = offset;
  }

  #keep(bytes: Uint8Array, end: number): void {
    if (end === this.#done) return;
    const whole = this.#done === 0 && end === bytes.length;
    this.#parts.push(whole ? bytes : bytes.subarray(this.#done, end));
  }

  #move(bytes: Uint8Array): number {
    const first = this.#parts[0]!;
    const moved = around(first, -bytes.length, first.length);
    moved.copyWithin(0, bytes.length, bytes.length + this.#movedTo);
    moved.set(bytes, this.#movedTo);
    this.#parts[0] = moved;
    return bytes.length;
  }
}
