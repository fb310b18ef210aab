import { findEmulation } from '../annexb/emulation-prevention.js';
import { writeUint32 } from '../bits/bytes.js';
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
    cipher.begin(this.#encryptedSize);
    const seiSize = writeEncryptionSei(this.#sei, rules, this.#secondByte, cipher.header);
    this.#splicer.begin(tag, writable);
    this.#splicer.insert(this.#seiPart, this.#seiOffset, this.#sei.subarray(0, seiSize));
    const cursor = this.#cursor;
    cursor.begin(tag.parts, start, 4);
    while (cursor.next()) {
      const isLong = cursor.end - cursor.start > clearLead + clearTail;
      if (isLong && rules.isVcl(tag.parts[cursor.part]![cursor.start]!)) {
        this.#encryptNalUnit(tag.parts, cipher, writable);
      }
    }
    cipher.finish();
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

  /** Counts the bytes to be encrypted, and finds the place of the SEI: behind what belongs in front of it. */
  #survey({ parts }: FlvTag, start: number, rules: NalRules): void {
    const cursor = this.#cursor;
    let pictureBegins = false;
    let hasVcl = false;
    this.#encryptedSize = 0;
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
      if (size > clearLead + clearTail) this.#encryptedSize += size - clearLead - clearTail;
    }
  }

  /** Encrypts the NAL unit that the cursor is at, and escapes what comes out. */
  #encryptNalUnit(parts: readonly Uint8Array[], cipher: SampleCipher, writable: boolean): void {
    const { part, start, end } = this.#cursor;
    const bytes = parts[part]!;
    // With the two clear bytes in front, which take part in emulation prevention.
    const first = start + clearLead - 2;
    const tail = writable ? bytes.subarray(first, end) : new Uint8Array(end - first);
    if (writable) cipher.encryptInPlace(tail.subarray(2, tail.length - clearTail));
    else encryptCopy(bytes.subarray(first, end), tail, cipher);
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

/** Fills `target` with the end of a NAL unit, two clear bytes in front and the last one clear. */
function encryptCopy(source: Uint8Array, target: Uint8Array, cipher: SampleCipher): void {
  const last = source.length - clearTail;
  target.set(source.subarray(0, 2));
  target.set(cipher.encrypt(source.subarray(2, last)), 2);
  target.set(source.subarray(last), last);
}
