import { around, copyOf } from '../bits/bytes.js';
import type { FlvTag } from '../flv/flv-tag.js';

/** A larger insertion is a part of its own. */
const MAX_HELD = 128;

/**
 * Makes a tag out of another one, with bytes put into its body or in the place of some. What stays is not
 * copied. The changes are told from the front to the back of the body. A tag that may be written to is used
 * up by it; any other stays as it was.
 */
export class TagSplicer {
  #tag!: FlvTag;
  #writable = false;
  #parts: Uint8Array[] = [];
  #size = 0;
  /** The part that is looked at, and how much of it has been dealt with. */
  #part = 0;
  #done = 0;
  /**
   * Bytes to insert into the first part by finish(), and their offset: the caller may still be reading that
   * memory.
   */
  readonly #held = new Uint8Array(MAX_HELD);
  #heldSize = 0;
  #heldOffset = 0;

  begin(tag: FlvTag, writable: boolean): void {
    this.#tag = tag;
    this.#writable = writable;
    this.#parts = [];
    this.#size = tag.size;
    this.#part = 0;
    this.#done = 0;
    this.#heldSize = 0;
  }

  /**
   * Puts a copy of `bytes` at a place of the body: as a part of its own, or in the first part, by moving what
   * is in front of it into the headroom.
   */
  insert(part: number, offset: number, bytes: Uint8Array): void {
    if (part === 0 && this.#parts.length === 0 && this.#hold(offset, bytes)) this.#size += bytes.length;
    else this.insertPart(part, offset, bytes);
  }

  /** Puts a copy of `bytes` at a place of the body, as a part of its own: nothing that is long is moved. */
  insertPart(part: number, offset: number, bytes: Uint8Array): void {
    this.#size += bytes.length;
    this.#keepUntil(part, offset);
    this.#parts.push(copyOf(bytes, 0));
  }

  /** Puts `bytes` themselves in the place of as many bytes of a part. */
  replace(part: number, offset: number, bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#keepUntil(part, offset);
    this.#parts.push(bytes);
    this.#done += bytes.length;
  }

  finish(): FlvTag {
    const tag = this.#tag;
    const { parts } = tag;
    const last = parts.length - 1;
    this.#keepUntil(last, parts[last]!.length);
    if (this.#heldSize > 0) this.#parts[0] = this.#insertHeld(this.#parts[0]!);
    return tag.withBody({ parts: this.#parts, size: this.#size, headroom: tag.headroom - this.#heldSize });
  }

  #hold(offset: number, bytes: Uint8Array): boolean {
    const { headroom } = this.#tag;
    if (!this.#writable || this.#heldSize > 0 || bytes.length > Math.min(headroom, MAX_HELD)) return false;
    this.#held.set(bytes);
    this.#heldSize = bytes.length;
    this.#heldOffset = offset;
    return true;
  }

  /** The first part with what is held inside, and with what was in front of that moved into the headroom. */
  #insertHeld(first: Uint8Array): Uint8Array {
    const size = this.#heldSize;
    const bytes = around(first, -size, first.length);
    bytes.copyWithin(0, size, size + this.#heldOffset);
    bytes.set(this.#held.subarray(0, size), this.#heldOffset);
    return bytes;
  }

  #keepUntil(part: number, offset: number): void {
    const { parts } = this.#tag;
    while (this.#part < part) {
      this.#keep(parts[this.#part]!.length);
      this.#part++;
      this.#done = 0;
    }
    this.#keep(offset);
    this.#done = offset;
  }

  #keep(end: number): void {
    if (end === this.#done) return;
    const bytes = this.#tag.parts[this.#part]!;
    const isWhole = this.#done === 0 && end === bytes.length;
    this.#parts.push(isWhole ? bytes : bytes.subarray(this.#done, end));
  }
}
