import type { Decipher } from 'node:crypto';
import { copyUnescaped } from '../annexb/emulation-prevention.js';
import { discard } from '../bits/native-memory.js';
import { readEncryptionSei } from './encryption-sei.js';
import type { KeyRing } from './key-ring.js';
import type { NalRules } from './nal-rules.js';
import { clearLead, clearTail } from './nal-sample-encryptor.js';
import { NalUnitCursor } from './nal-unit-cursor.js';
import { createSampleDecipher, damaged } from './sample-decipher.js';

/** Decrypts samples of NAL units: H.264 and H.265. */
export class NalSampleDecryptor {
  readonly #keys: KeyRing;
  readonly #cursor = new NalUnitCursor();
  #lengthSize = 4;

  // What #findSei found out about the sample at hand.
  #sampleHeader: Uint8Array | undefined;
  #seiStart = 0;

  constructor(keys: KeyRing) {
    this.#keys = keys;
  }

  /**
   * The tag body with its sample decrypted; undefined when the sample is not encrypted. Throws MuxerError.
   * @param start of the sample in the body
   * @param lengthSize bytes of the length in front of each NAL unit
   */
  decrypt(body: Uint8Array, start: number, lengthSize: number, rules: NalRules): Uint8Array | undefined {
    this.#lengthSize = lengthSize;
    this.#findSei(body, start, rules);
    if (this.#sampleHeader === undefined) return undefined;
    const decipher = createSampleDecipher(this.#sampleHeader, this.#keys, this.#seiStart);
    const target = Buffer.allocUnsafe(body.length);
    target.set(body.subarray(0, start));
    let position = start;
    const cursor = this.#cursor;
    cursor.begin([body], start, lengthSize);
    while (cursor.next()) {
      if (cursor.lengthStart === this.#seiStart) continue;
      if (cursor.end - cursor.start > clearLead + clearTail && rules.isVcl(body[cursor.start]!)) {
        position = this.#decryptNalUnit(body, decipher, target, position);
      } else {
        target.set(body.subarray(cursor.lengthStart, cursor.end), position);
        position += cursor.end - cursor.lengthStart;
      }
    }
    return target.subarray(0, position);
  }

  /** Finds the last sample header in front of the picture: the one that was put there last. */
  #findSei(body: Uint8Array, start: number, rules: NalRules): void {
    const cursor = this.#cursor;
    this.#sampleHeader = undefined;
    cursor.begin([body], start, this.#lengthSize);
    while (cursor.next()) {
      if (cursor.start === cursor.end) continue;
      const firstByte = body[cursor.start]!;
      if (rules.isVcl(firstByte)) return;
      if (!rules.isSei(firstByte)) continue;
      const sampleHeader = readEncryptionSei(body.subarray(cursor.start, cursor.end), rules);
      if (sampleHeader === undefined) continue;
      this.#sampleHeader = sampleHeader;
      this.#seiStart = cursor.lengthStart;
    }
  }

  /** Decrypts the NAL unit that the cursor is at, to `position` in `target`; returns where it ends there. */
  #decryptNalUnit(body: Uint8Array, decipher: Decipher, target: Uint8Array, position: number): number {
    const { start, end } = this.#cursor;
    const first = position + this.#lengthSize;
    // The two last clear bytes take part in emulation prevention.
    const untouched = clearLead - 2;
    target.set(body.subarray(start, start + untouched), first);
    const last = copyUnescaped(body.subarray(start + untouched, end), target, first + untouched);
    const encrypted = target.subarray(first + clearLead, last - clearTail);
    if (encrypted.length === 0) {
      throw damaged('NAL unit', `${last - first} bytes`, `> ${clearLead + clearTail} bytes`, start);
    }
    const clear = decipher.update(encrypted);
    encrypted.set(clear);
    discard(clear);
    let length = last - first;
    for (let i = first - 1; i >= position; i--) {
      target[i] = length;
      length >>>= 8;
    }
    return last;
  }
}
