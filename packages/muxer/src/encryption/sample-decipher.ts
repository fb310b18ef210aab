import { createDecipheriv } from 'node:crypto';
import { readUint32, writeUint32 } from '../bits/bytes.js';
import { MuxerError } from '../errors.js';
import type { EncryptionMode } from './encryption-facts.js';
import type { KeyRing } from './key-ring.js';
import {
  blockSize,
  blocksOf,
  formatVersion,
  keyIdIn,
  nonceIn,
  nonceSize,
  SampleHeaderOffset,
  sampleHeaderSize,
} from './sample-header.js';

/** Decrypts the bytes of samples, and knows which part of the key stream the last sample took. */
export class SampleDecipher {
  readonly #keys: KeyRing;
  readonly #counterBlock = new Uint8Array(blockSize);
  /** Key check and nonce of the sample at hand, as a text; undefined: it is not encrypted, as far as is known. */
  keyId: string | undefined;
  /** The first block of the key stream that the sample takes, and the one behind its last. */
  firstBlock = 0;
  endBlock = 0;
  /** The version of the format. */
  version = 0;
  /** The mode in which the sample was encrypted; undefined when it does not tell. */
  mode: EncryptionMode | undefined;

  constructor(keys: KeyRing) {
    this.#keys = keys;
  }

  /** Begins with another sample. */
  reset(): void {
    this.keyId = undefined;
    this.mode = undefined;
  }

  /**
   * Decrypts bytes of the sample at hand; what comes out is memory of its own. Throws MuxerError when no key fits.
   * @param keyId key check and nonce
   * @param offset of what tells them, in the tag body
   */
  decrypt(keyId: Uint8Array, block: number, encrypted: Uint8Array, offset: number): Uint8Array {
    const key = this.#keys.find(keyId, offset);
    this.#note(keyId, block, blocksOf(encrypted.length));
    this.#counterBlock.set(nonceIn(keyId));
    writeUint32(this.#counterBlock, nonceSize, block);
    const algorithm = key.length === 16 ? 'aes-128-ctr' : 'aes-256-ctr';
    return createDecipheriv(algorithm, key, this.#counterBlock).update(encrypted);
  }

  /**
   * Throws MuxerError when this sample header is cut off or of another version, or no key fits.
   * @param header from the marker on, as much of it as is there
   * @param offset of the header in the tag body
   */
  check(header: Uint8Array, offset: number): void {
    if (header.length < sampleHeaderSize) {
      throw damaged('sample header', `${header.length} bytes`, `${sampleHeaderSize} bytes`, offset);
    }
    const version = header[SampleHeaderOffset.version]!;
    if (version === 0 || version > formatVersion) {
      throw damaged('version', version, `1 to ${formatVersion}`, offset);
    }
    this.#keys.find(keyIdIn(header), offset);
  }

  /** Decrypts what belongs to a sample header that was checked. @param offset of the header in the tag body */
  decryptWith(header: Uint8Array, encrypted: Uint8Array, offset: number): Uint8Array {
    const block = readUint32(header, SampleHeaderOffset.blockCounter);
    this.version = header[SampleHeaderOffset.version]!;
    return this.decrypt(keyIdIn(header), block, encrypted, offset);
  }

  #note(keyId: Uint8Array, block: number, blocks: number): void {
    const id = Buffer.from(keyId.buffer, keyId.byteOffset, keyId.length).toString('latin1');
    if (id !== this.keyId) {
      this.keyId = id;
      this.firstBlock = block;
    }
    this.endBlock = block + blocks;
  }
}

/** @param offset in the tag body */
export function damaged(
  field: string,
  actual: number | string,
  permitted: string,
  offset: number,
): MuxerError {
  return new MuxerError('ERR_CLOUDPUSH_DECRYPTION_DAMAGED', { offset, field, actual, permitted });
}
