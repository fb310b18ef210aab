import { createDecipheriv, type Decipher } from 'node:crypto';
import { readUint32, writeUint32 } from '../bits/bytes.js';
import { MuxerError } from '../errors.js';
import type { EncryptionMode } from './encryption-parameters.js';
import type { KeyRing } from './key-ring.js';
import {
  BLOCK_SIZE,
  blocksOf,
  FORMAT_VERSION,
  keyIdIn,
  NONCE_SIZE,
  nonceIn,
  SAMPLE_HEADER_SIZE,
  SampleHeaderOffset,
} from './sample-header.js';

const zeros = new Uint8Array(BLOCK_SIZE);

/**
 * Decrypts the bytes of samples, and knows which part of the key stream the last sample took. What lies one
 * behind the other on a key stream is decrypted by one cipher object: making one costs more than decrypting a
 * small slice.
 */
export class SampleDecipher {
  readonly #keys: KeyRing;
  readonly #counterBlock = new Uint8Array(BLOCK_SIZE);
  #decipher: Decipher | undefined;
  /** Key check and nonce of `#decipher`, and the block that it is at. */
  #decipherKeyId: string | undefined;
  #decipherBlock = 0;
  /**
   * Key check and nonce of the sample at hand, as a text; undefined: it is not encrypted, as far as is known.
   */
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
   * Decrypts bytes of the sample at hand; what comes out is memory of its own. Throws MuxerError when no key
   * fits.
   * @param keyId key check and nonce
   * @param offset of what tells them, in the tag body
   */
  decrypt(keyId: Uint8Array, block: number, encrypted: Uint8Array, offset: number): Uint8Array {
    const id = Buffer.from(keyId.buffer, keyId.byteOffset, keyId.length).toString('latin1');
    if (id !== this.#decipherKeyId || block !== this.#decipherBlock) this.#seek(keyId, id, block, offset);
    const blocks = blocksOf(encrypted.length);
    this.#note(id, block, blocks);
    const clear = this.#decipher!.update(encrypted);
    const filling = blocks * BLOCK_SIZE - encrypted.length;
    if (filling > 0) this.#decipher!.update(zeros.subarray(0, filling));
    this.#decipherBlock = block + blocks;
    return clear;
  }

  /** Begins at another place of a key stream. */
  #seek(keyId: Uint8Array, id: string, block: number, offset: number): void {
    const key = this.#keys.find(keyId, offset);
    this.#counterBlock.set(nonceIn(keyId));
    writeUint32(this.#counterBlock, NONCE_SIZE, block);
    const algorithm = key.length === 16 ? 'aes-128-ctr' : 'aes-256-ctr';
    this.#decipher = createDecipheriv(algorithm, key, this.#counterBlock);
    this.#decipherKeyId = id;
    this.#decipherBlock = block;
  }

  /**
   * Throws MuxerError when this sample header is cut off or of another version, or no key fits.
   * @param header from the marker on, as much of it as is there
   * @param offset of the header in the tag body
   */
  check(header: Uint8Array, offset: number): void {
    if (header.length < SAMPLE_HEADER_SIZE) {
      throw damaged('sample header', `${header.length} bytes`, `${SAMPLE_HEADER_SIZE} bytes`, offset);
    }
    const version = header[SampleHeaderOffset.version]!;
    if (version === 0 || version > FORMAT_VERSION) {
      throw damaged('version', version, `1 to ${FORMAT_VERSION}`, offset);
    }
    this.#keys.find(keyIdIn(header), offset);
  }

  /**
   * Decrypts what belongs to a sample header that was checked. @param offset of the header in the tag body
   */
  decryptWith(header: Uint8Array, encrypted: Uint8Array, offset: number): Uint8Array {
    const block = readUint32(header, SampleHeaderOffset.blockCounter);
    this.version = header[SampleHeaderOffset.version]!;
    return this.decrypt(keyIdIn(header), block, encrypted, offset);
  }

  #note(id: string, block: number, blocks: number): void {
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
