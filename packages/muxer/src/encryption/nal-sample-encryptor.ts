import { findEmulation } from '../annexb/emulation-prevention.js';
import { writeUint32 } from '../bits/bytes.js';
import { copyBytes, discard } from '../bits/native-memory.js';
import type { FlvTag } from '../flv/flv-tag.js';
import { requireMessageSize } from '../flv/tag-body.js';
import { maxSeiSize, writeEncryptionSei } from './encryption-sei.js';
import type { NalRules } from './nal-rules.js';
import { NalUnitCursor } from './nal-unit-cursor.js';
import type { SampleCipher } from './sample-cipher.js';
import { TagSplicer } from './tag-splicer.js';

/** How much of a picture's NAL unit stays clear: its header, and a slice header for who must find pictures. */
export const clearLead = 32;
/** Its last byte stays clear, too: it is not zero, which no NAL unit may end with (ISO/IEC 14496-10 §7.4.1). */
export const clearTail = 1;

const emulationPreventionByte = Uint8Array.of(3);

/** Encrypts samples of NAL units: H.264 and H.265. */
export class NalSampleEncryptor {
  readonly #cursor = new NalUnitCursor();
  readonly #splicer = new TagSplicer();
  readonly #sei = new Uint8Array(maxSeiSize);
  readonly #escapes: number[] = [];

  // What #survey found out about the sample at hand.
  #encryptedSize = 0;
  #pieces: Uint8Array[] = [];
  #seiPart = 0;
  #seiOffset = 0;
  #secondByte = 0;

  /**
   * The tag with its sample encrypted; the tag itself when no NAL unit of it is long enough.
   * @param start of the sample in the first part
   * @param writable whether the memory of the parts may be written to
   */
  encrypt(tag: FlvTag, start: number, rules: NalRules, cipher: SampleCipher, writable: boolean): FlvTag {
    this.#survey(tag, start, rules);
    if (this.#encryptedSize === 0) return tag;
    requireMessageSize(tag.size + maxSeiSize, 'ERR_CLOUDPUSH_VIDEO_TOO_LARGE');
    const ciphertext = cipher.encrypt(this.#pieces, this.#encryptedSize);
    const seiSize = writeEncryptionSei(this.#sei, rules, this.#secondByte, cipher.header);
    this.#splicer.begin(tag, writable);
    this.#splicer.insert(this.#seiPart, this.#seiOffset, this.#sei.subarray(0, seiSize));
    const cursor = this.#cursor;
    cursor.begin(tag.parts, start, 4);
    let taken = 0;
    while (cursor.next()) {
      const size = encryptedSizeOf(cursor.end - cursor.start);
      if (size === 0 || !rules.isVcl(tag.parts[cursor.part]![cursor.start]!)) continue;
      this.#putInPlace(tag.parts, ciphertext.subarray(taken, taken + size), writable);
      taken += size;
    }
    discard(ciphertext);
    const encrypted = this.#splicer.finish();
    requireMessageSize(encrypted.size, 'ERR_CLOUDPUSH_VIDEO_TOO_LARGE');
    return encrypted;
  }

  /** Whether the sample has a picture that decoding can start at, whatever the tag is called. */
  hasRandomAccess({ parts }: FlvTag, start: number, rules: NalRules): boolean {
    const cursor = this.#cursor;
    cursor.begin(parts, start, 4);
    while (cursor.next()) {
      if (cursor.end > cursor.start && rules.isRandomAccess(parts[cursor.part]![cursor.start]!)) return true;
    }
    return false;
  }

  /** Collects the bytes to be encrypted, and finds the place of the SEI: behind what belongs in front of it. */
  #survey({ parts }: FlvTag, start: number, rules: NalRules): void {
    const cursor = this.#cursor;
    let pictureBegins = false;
    let hasVcl = false;
    this.#encryptedSize = 0;
    this.#pieces = [];
    cursor.begin(parts, start, 4);
    while (cursor.next()) {
      const bytes = parts[cursor.part]!;
      const size = cursor.end - cursor.start;
      if (size === 0) continue;
      const firstByte = bytes[cursor.start]!;
      if (!pictureBegins && rules.beginsPicture(firstByte)) {
        pictureBegins = true;
        this.#seiPart = cursor.lengthPart;
        this.#seiOffset = cursor.lengthStart;
      }
      if (!rules.isVcl(firstByte)) continue;
      if (!hasVcl) this.#secondByte = bytes[cursor.start + 1]!;
      hasVcl = true;
      const encryptedSize = encryptedSizeOf(size);
      if (encryptedSize === 0) continue;
      this.#encryptedSize += encryptedSize;
      this.#pieces.push(bytes.subarray(cursor.start + clearLead, cursor.end - clearTail));
    }
  }

  /** Puts what came of the NAL unit that the cursor is at into its place, and escapes it. */
  #putInPlace(parts: readonly Uint8Array[], ciphertext: Uint8Array, writable: boolean): void {
    const { part, start, end } = this.#cursor;
    const bytes = parts[part]!;
    // With the two clear bytes in front, which take part in emulation prevention.
    const first = start + clearLead - 2;
    const tail = writable ? bytes.subarray(first, end) : clearEnds(bytes, first, end);
    copyBytes(ciphertext, tail, 2);
    const escapes = this.#findEscapes(tail);
    if (escapes.length > 0) this.#correctLength(parts, end - start + escapes.length, writable);
    let done = 2;
    for (const at of escapes) {
      if (!writable) this.#splicer.replace(part, first + done, tail.subarray(done, at));
      this.#splicer.insert(part, first + at, emulationPreventionByte);
      done = at;
    }
    if (!writable) this.#splicer.replace(part, first + done, tail.subarray(done));
  }

  #findEscapes(bytes: Uint8Array): readonly number[] {
    this.#escapes.length = 0;
    for (let at = findEmulation(bytes, 0); at >= 0; at = findEmulation(bytes, at)) this.#escapes.push(at);
    return this.#escapes;
  }

  #correctLength(parts: readonly Uint8Array[], length: number, writable: boolean): void {
    const { lengthPart, lengthStart } = this.#cursor;
    const target = writable ? parts[lengthPart]!.subarray(lengthStart) : new Uint8Array(4);
    writeUint32(target, 0, length);
    if (!writable) this.#splicer.replace(lengthPart, lengthStart, target);
  }
}

/** How many bytes of a VCL NAL unit of this size are encrypted. */
function encryptedSizeOf(size: number): number {
  return Math.max(0, size - clearLead - clearTail);
}

/** A copy of bytes[first, end) with room for what is encrypted: two clear bytes in front of it, and the last one. */
function clearEnds(bytes: Uint8Array, first: number, end: number): Uint8Array {
  const copy = new Uint8Array(end - first);
  copy.set(bytes.subarray(first, first + 2));
  copy.set(bytes.subarray(end - clearTail, end), copy.length - clearTail);
  return copy;
}
