import { around, writeUint32 } from '../bits/bytes.js';
import { copyBytes, discard } from '../bits/native-memory.js';
import type { FlvTag } from '../flv/flv-tag.js';
import { requireMessageSize } from '../flv/tag-body.js';
import { escapeInto, findEmulation } from '../nal/emulation-prevention.js';
import type { NalRules } from './nal-rules.js';
import { NalUnitCursor } from './nal-unit-cursor.js';
import type { SampleCipher } from './sample-cipher.js';
import { BLOCK_SIZE, blocksOf } from './sample-header.js';
import { MAX_TRAILER_SIZE, TRAILER_SIZE, TrailerWriter } from './slice-trailer.js';
import { TagSplicer } from './tag-splicer.js';

/**
 * Number of bytes of a picture's NAL unit that stay clear: its header, and a slice header, by which pictures
 * can be found.
 */
export const CLEAR_LEAD = 32;
/** A picture's NAL unit of at most this size stays clear. */
export const MAX_CLEAR_SIZE = 33;

const emulationPreventionByte = Uint8Array.of(3);

/**
 * Encrypts samples of NAL units, H.264 and H.265: each slice gets a trailer that tells how it is decrypted.
 */
export class NalSampleEncryptor {
  readonly #cursor = new NalUnitCursor();
  readonly #splicer = new TagSplicer();
  readonly #trailer = new TrailerWriter();
  readonly #escapes: number[] = [];

  // State of the sample at hand.
  #rules!: NalRules;
  #start = 0;
  /** The bytes to be encrypted: those of each slice behind its clear lead. */
  #pieces: Uint8Array[] = [];

  // Two bytes of a slice, then its trailer: without escapes, and with them.
  readonly #plainTail = new Uint8Array(2 + TRAILER_SIZE);
  readonly #escapedTail = new Uint8Array(2 + MAX_TRAILER_SIZE);

  /**
   * The tag with its sample encrypted; the tag itself when no NAL unit of it is long enough.
   * @param start of the sample in the first part
   * @param mode as the trailers tell it
   * @param writable whether the memory of the parts may be written to
   */
  encrypt(
    tag: FlvTag,
    start: number,
    rules: NalRules,
    cipher: SampleCipher,
    mode: 'keyFrames' | 'allFrames',
    writable: boolean,
  ): FlvTag {
    this.#start = start;
    this.#rules = rules;
    this.#collect(tag);
    if (this.#pieces.length === 0) return tag;
    const added = this.#pieces.length * TRAILER_SIZE;
    requireMessageSize(tag.size + added, 'ERR_CLOUDPUSH_VIDEO_TOO_LARGE');
    const ciphertext = cipher.encrypt(this.#pieces);
    this.#trailer.begin(cipher.header, mode);
    const isInPlace = writable && tag.parts.length === 1 && added <= tag.headroom;
    const encrypted = isInPlace
      ? this.#encryptInPlace(tag, ciphertext, added)
      : this.#encryptInParts(tag, ciphertext, writable);
    discard(ciphertext);
    requireMessageSize(encrypted.size, 'ERR_CLOUDPUSH_VIDEO_TOO_LARGE');
    return encrypted;
  }

  /** Tells whether the sample has a picture that decoding can start at, whatever the tag is called. */
  hasRandomAccess({ parts }: FlvTag, start: number, rules: NalRules): boolean {
    const cursor = this.#cursor;
    cursor.begin(parts, start, 4);
    while (cursor.next()) {
      if (cursor.end > cursor.start && rules.isRandomAccess(parts[cursor.part]![cursor.start]!)) return true;
    }
    return false;
  }

  #collect({ parts }: FlvTag): void {
    const cursor = this.#cursor;
    this.#pieces = [];
    cursor.begin(parts, this.#start, 4);
    while (this.#nextSlice(parts)) {
      this.#pieces.push(parts[cursor.part]!.subarray(cursor.start + CLEAR_LEAD, cursor.end));
    }
  }

  /** Takes the cursor to the next slice that is to be encrypted; false at the end. */
  #nextSlice(parts: readonly Uint8Array[]): boolean {
    const cursor = this.#cursor;
    while (cursor.next()) {
      if (cursor.end - cursor.start <= MAX_CLEAR_SIZE) continue;
      if (this.#rules.isVcl(parts[cursor.part]![cursor.start]!)) return true;
    }
    return false;
  }

  /**
   * Moves what is clear into the headroom by the size of all trailers behind it: the ciphertext is copied
   * into place in any case, and each trailer takes the room that this leaves. The last one ends where the
   * last slice ended.
   */
  #encryptInPlace(tag: FlvTag, ciphertext: Uint8Array, added: number): FlvTag {
    const { parts, headroom } = tag;
    const cursor = this.#cursor;
    const trailer = this.#trailer;
    const source = parts[0]!;
    const body = around(source, -added, source.length);
    this.#escapes.length = 0;
    let taken = 0;
    let done = 0;
    let from = 0;
    cursor.begin(parts, this.#start, 4);
    while (this.#nextSlice(parts)) {
      const { lengthStart, start, end } = cursor;
      const clearEnd = start + CLEAR_LEAD;
      const size = end - clearEnd;
      const blocks = blocksOf(size);
      const escapesBefore = this.#escapes.length;
      body.copyWithin(from + done, from + added, clearEnd + added);
      copyBytes(ciphertext.subarray(taken, taken + size), body, clearEnd + done);
      trailer.next(size, blocks);
      body.set(trailer.bytes, end + done);
      this.#findEscapes(body, clearEnd - 2 + done, end + done + TRAILER_SIZE);
      const length = end - start + TRAILER_SIZE + this.#escapes.length - escapesBefore;
      writeUint32(body, lengthStart + done, length);
      taken += blocks * BLOCK_SIZE;
      done += TRAILER_SIZE;
      from = end;
    }
    const encrypted = tag.withBody({ parts: [body], size: body.length, headroom: headroom - added });
    if (this.#escapes.length === 0) return encrypted;
    this.#splicer.begin(encrypted, true);
    for (const at of this.#escapes) this.#splicer.insertPart(0, at, emulationPreventionByte);
    return this.#splicer.finish();
  }

  /**
   * Without enough headroom, trailers are parts of their own; of what may not be written to, all that changes
   * is one.
   */
  #encryptInParts(tag: FlvTag, ciphertext: Uint8Array, writable: boolean): FlvTag {
    const { parts } = tag;
    const cursor = this.#cursor;
    let taken = 0;
    this.#splicer.begin(tag, writable);
    cursor.begin(parts, this.#start, 4);
    while (this.#nextSlice(parts)) {
      const size = cursor.end - cursor.start - CLEAR_LEAD;
      const blocks = blocksOf(size);
      this.#trailer.next(size, blocks);
      this.#putInPlace(parts, ciphertext.subarray(taken, taken + size), writable);
      taken += blocks * BLOCK_SIZE;
    }
    return this.#splicer.finish();
  }

  /** Puts the ciphertext of the slice that the cursor is at, escaped, and its trailer into their places. */
  #putInPlace(parts: readonly Uint8Array[], ciphertext: Uint8Array, writable: boolean): void {
    const { part, start, end } = this.#cursor;
    const splicer = this.#splicer;
    const bytes = parts[part]!;
    // With the two clear bytes in front, which take part in emulation prevention.
    const first = start + CLEAR_LEAD - 2;
    const tail = writable ? bytes.subarray(first, end) : new Uint8Array(end - first);
    if (!writable) tail.set(bytes.subarray(first, first + 2));
    copyBytes(ciphertext, tail, 2);
    this.#escapes.length = 0;
    this.#findEscapes(tail, 0, tail.length);
    const trailer = this.#escapedTrailer(tail, this.#escapes.at(-1));
    this.#correctLength(parts, end - start + this.#escapes.length + trailer.length, writable);
    let done = 2;
    for (const at of this.#escapes) {
      if (!writable) splicer.replace(part, first + done, tail.subarray(done, at));
      splicer.insertPart(part, first + at, emulationPreventionByte);
      done = at;
    }
    if (!writable) splicer.replace(part, first + done, tail.subarray(done));
    splicer.insertPart(part, end, trailer);
  }

  /** The trailer as it is behind `tail`, in front of whose last byte there may be an escape, too. */
  #escapedTrailer(tail: Uint8Array, lastEscape: number | undefined): Uint8Array {
    const last = tail.length - 1;
    const plain = this.#plainTail;
    plain[0] = lastEscape === last ? 3 : tail[last - 1]!;
    plain[1] = tail[last]!;
    plain.set(this.#trailer.bytes, 2);
    return this.#escapedTail.subarray(2, escapeInto(plain, this.#escapedTail, 0));
  }

  /** Notes where in bytes[start, end) escapes have to go. */
  #findEscapes(bytes: Uint8Array, start: number, end: number): void {
    const searched = bytes.subarray(start, end);
    for (let at = findEmulation(searched, 0); at >= 0; at = findEmulation(searched, at)) {
      this.#escapes.push(start + at);
    }
  }

  #correctLength(parts: readonly Uint8Array[], length: number, writable: boolean): void {
    const { lengthPart, lengthStart } = this.#cursor;
    const target = writable ? parts[lengthPart]!.subarray(lengthStart) : new Uint8Array(4);
    writeUint32(target, 0, length);
    if (!writable) this.#splicer.replace(lengthPart, lengthStart, target);
  }
}
