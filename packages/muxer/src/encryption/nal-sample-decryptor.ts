import { discard } from '../bits/native-memory.js';
import { copyUnescaped } from '../nal/emulation-prevention.js';
import { readEncryptionSei } from './encryption-sei.js';
import type { NalRules } from './nal-rules.js';
import { CLEAR_LEAD, MAX_CLEAR_SIZE } from './nal-sample-encryptor.js';
import { NalUnitCursor } from './nal-unit-cursor.js';
import { damaged, type SampleDecipher } from './sample-decipher.js';
import { TRAILER_SIZE, TrailerReader } from './slice-trailer.js';

/** In format 1, the last byte of a slice stays clear. */
const CLEAR_TAIL = 1;

/** Decrypts samples of NAL units: H.264 and H.265, of both formats. */
export class NalSampleDecryptor {
  readonly #decipher: SampleDecipher;
  readonly #cursor = new NalUnitCursor();
  readonly #trailer = new TrailerReader();
  #lengthSize = 4;
  #rules!: NalRules;

  // Of the sample at hand.
  #hasTrailer = false;
  #sampleHeader: Uint8Array | undefined;
  #seiStart = 0;
  /** The bytes that were decrypted, and how many there are. */
  #target = Buffer.alloc(0);
  #position = 0;

  /** True when a slice of the sample is long enough to be encrypted. */
  hasLongSlice = false;
  /** True when the sample has a picture that decoding can start at, by the type of a NAL unit. */
  hasRandomAccess = false;

  constructor(decipher: SampleDecipher) {
    this.#decipher = decipher;
  }

  /**
   * The tag body with its sample decrypted; undefined when the sample is not encrypted. Throws MuxerError.
   * @param start of the sample in the body
   * @param lengthSize bytes of the length in front of each NAL unit
   */
  decrypt(body: Uint8Array, start: number, lengthSize: number, rules: NalRules): Uint8Array | undefined {
    this.#lengthSize = lengthSize;
    this.#rules = rules;
    this.#survey(body, start);
    if (!this.#hasTrailer && this.#sampleHeader === undefined) return undefined;
    this.#target = Buffer.allocUnsafe(body.length);
    this.#position = 0;
    this.#keep(body, 0, start);
    if (this.#hasTrailer) this.#decryptSlices(body, start);
    else this.#decryptFormat1(body, start, this.#sampleHeader!);
    return this.#target.subarray(0, this.#position);
  }

  /** Finds out what kinds of NAL units there are, and the last sample header in front of the picture. */
  #survey(body: Uint8Array, start: number): void {
    const cursor = this.#cursor;
    const rules = this.#rules;
    let hasVcl = false;
    this.#sampleHeader = undefined;
    this.#hasTrailer = false;
    this.hasLongSlice = false;
    this.hasRandomAccess = false;
    cursor.begin([body], start, this.#lengthSize);
    while (cursor.next()) {
      if (cursor.start === cursor.end) continue;
      const firstByte = body[cursor.start]!;
      if (rules.isVcl(firstByte)) {
        hasVcl = true;
        if (rules.isRandomAccess(firstByte)) this.hasRandomAccess = true;
        if (!this.#isLong()) continue;
        this.hasLongSlice = true;
        if (this.#findTrailer(body)) this.#hasTrailer = true;
      } else if (!hasVcl && rules.isSei(firstByte)) {
        this.#readSei(body);
      }
    }
  }

  #isLong(): boolean {
    return this.#cursor.end - this.#cursor.start > MAX_CLEAR_SIZE;
  }

  #isLongVcl(body: Uint8Array): boolean {
    return this.#isLong() && this.#rules.isVcl(body[this.#cursor.start]!);
  }

  #findTrailer(body: Uint8Array): boolean {
    return this.#trailer.find(body, this.#cursor.start, this.#cursor.end, CLEAR_LEAD);
  }

  #readSei(body: Uint8Array): void {
    const { start, end, lengthStart } = this.#cursor;
    const sampleHeader = readEncryptionSei(body.subarray(start, end), this.#rules);
    if (sampleHeader === undefined) return;
    this.#sampleHeader = sampleHeader;
    this.#seiStart = lengthStart;
  }

  /** Format 2: each slice tells how it is decrypted. */
  #decryptSlices(body: Uint8Array, start: number): void {
    const cursor = this.#cursor;
    const trailer = this.#trailer;
    cursor.begin([body], start, this.#lengthSize);
    while (cursor.next()) {
      if (!this.#isLongVcl(body) || !this.#findTrailer(body)) {
        this.#keep(body, cursor.lengthStart, cursor.end);
        continue;
      }
      const first = this.#position + this.#lengthSize;
      const last = this.#unescape(body, trailer.start, first);
      const encrypted = this.#target.subarray(first + CLEAR_LEAD, last);
      const { size } = trailer;
      if (encrypted.length !== size || size === 0) {
        throw damaged('slice', `${encrypted.length} encrypted bytes`, `${size} bytes`, cursor.start);
      }
      this.#decipher.mode = trailer.mode;
      this.#decipher.version = trailer.version;
      const clear = this.#decipher.decrypt(trailer.keyId, trailer.blockCounter, encrypted, trailer.start);
      encrypted.set(clear);
      discard(clear);
      this.#finishNalUnit(last);
    }
    this.#requireAllTrailers(body, start);
  }

  /**
   * Refuses a sample of which a slice has lost its trailer. In the mode of key frames, a slice of another
   * picture may have come into the sample of a key picture: the second field of a frame is none.
   */
  #requireAllTrailers(body: Uint8Array, start: number): void {
    const cursor = this.#cursor;
    const isAll = this.#decipher.mode === 'allFrames';
    cursor.begin([body], start, this.#lengthSize);
    while (cursor.next()) {
      if (!this.#isLongVcl(body) || this.#findTrailer(body)) continue;
      if (!isAll && !this.#rules.isRandomAccess(body[cursor.start]!)) continue;
      throw damaged('slice', 'no trailer', `a trailer of ${TRAILER_SIZE} bytes`, cursor.start);
    }
  }

  /** Format 1: an SEI in front of the picture tells how all slices are decrypted, as one string of bytes. */
  #decryptFormat1(body: Uint8Array, start: number, header: Uint8Array): void {
    this.#decipher.check(header, this.#seiStart);
    const cursor = this.#cursor;
    const places: Uint8Array[] = [];
    cursor.begin([body], start, this.#lengthSize);
    while (cursor.next()) {
      if (cursor.lengthStart === this.#seiStart) continue;
      if (!this.#isLongVcl(body)) {
        this.#keep(body, cursor.lengthStart, cursor.end);
        continue;
      }
      const first = this.#position + this.#lengthSize;
      const last = this.#unescape(body, cursor.end, first);
      const encrypted = this.#target.subarray(first + CLEAR_LEAD, last - CLEAR_TAIL);
      if (encrypted.length === 0) {
        throw damaged('NAL unit', `${last - first} bytes`, `> ${MAX_CLEAR_SIZE} bytes`, cursor.start);
      }
      places.push(encrypted);
      this.#finishNalUnit(last);
    }
    const clear = this.#decipher.decryptWith(header, Buffer.concat(places), this.#seiStart);
    let taken = 0;
    for (const place of places) {
      place.set(clear.subarray(taken, taken + place.length));
      taken += place.length;
    }
  }

  #keep(body: Uint8Array, start: number, end: number): void {
    this.#target.set(body.subarray(start, end), this.#position);
    this.#position += end - start;
  }

  /**
   * Copies the NAL unit that the cursor is at, up to `end`, to `first` without its escapes; returns where it
   * ends.
   */
  #unescape(body: Uint8Array, end: number, first: number): number {
    const { start } = this.#cursor;
    // The two last clear bytes take part in emulation prevention.
    const untouched = CLEAR_LEAD - 2;
    this.#target.set(body.subarray(start, start + untouched), first);
    return copyUnescaped(body.subarray(start + untouched, end), this.#target, first + untouched);
  }

  /** Writes the length of the NAL unit that ends here, and goes behind it. */
  #finishNalUnit(last: number): void {
    let length = last - this.#position - this.#lengthSize;
    for (let i = this.#lengthSize - 1; i >= 0; i--) {
      this.#target[this.#position + i] = length;
      length >>>= 8;
    }
    this.#position = last;
  }
}
