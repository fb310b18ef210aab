import { type Cipher, createCipheriv, randomBytes } from 'node:crypto';
import { writeUint32 } from '../bits/bytes.js';
import { copyBytes, discard } from '../bits/native-memory.js';
import { MuxerError } from '../errors.js';
import { deriveKey, type KeyMaterial, keyCheckOf } from './encryption-key.js';
import { BLOCK_SIZE, blocksOf, createSampleHeader, NONCE_SIZE, SampleHeaderOffset } from './sample-header.js';

/** Source of nonces: 12 bytes a call, never the same twice. */
export type NonceSource = () => Uint8Array;

const zeros = new Uint8Array(BLOCK_SIZE);
/**
 * Buffer in which the pieces of a sample are put together. A larger one in a single piece is encrypted where
 * it is.
 */
const scratch = new Uint8Array(64 * 1024);

export function randomNonce(): Uint8Array {
  return randomBytes(NONCE_SIZE);
}

/**
 * AES-CTR over the samples of one track under one key. One cipher object serves all samples, since creating
 * one costs more than encrypting a small frame: each sample begins on the block after the last one of the
 * sample before. When the 32-bit block counter would run over, a new nonce is drawn, and for a stretched key
 * a new AES key with it.
 */
export class SampleCipher {
  readonly #nonces: NonceSource;
  readonly #blocksPerNonce: number;
  #cipher!: Cipher;
  #nextBlock = 0;
  readonly material: KeyMaterial;
  /** The header of the sample that was encrypted last; the object is another one for each nonce. */
  header!: Uint8Array;
  keyBits!: 128 | 256;

  /** @param blocksPerNonce at most 2^32: fewer are for tests */
  constructor(material: KeyMaterial, nonces: NonceSource, blocksPerNonce = 2 ** 32) {
    this.material = material;
    this.#nonces = nonces;
    this.#blocksPerNonce = blocksPerNonce;
    this.renew();
  }

  /** Goes on with a new nonce. */
  renew(): void {
    const nonce = this.#nonces();
    if (nonce.length !== NONCE_SIZE) {
      throw new MuxerError('ERR_CLOUDPUSH_ENCRYPTION_KEY_INVALID', {
        field: 'nonce',
        actual: `${nonce.length} bytes`,
        permitted: `${NONCE_SIZE} bytes`,
      });
    }
    const key = deriveKey(this.material, nonce);
    const counterBlock = new Uint8Array(BLOCK_SIZE);
    counterBlock.set(nonce);
    this.keyBits = key.length === 16 ? 128 : 256;
    this.#cipher = createCipheriv(this.keyBits === 128 ? 'aes-128-ctr' : 'aes-256-ctr', key, counterBlock);
    this.#nextBlock = 0;
    this.header = createSampleHeader(keyCheckOf(key), nonce);
  }

  /**
   * Encrypts the pieces of a sample, each from a block of its own on. Returns them in memory that is the
   * caller's to `discard`, each behind the whole blocks of those before it; `header` is the sample's header
   * until the next call.
   */
  encrypt(pieces: readonly Uint8Array[]): Uint8Array {
    let blocks = 0;
    for (const piece of pieces) blocks += blocksOf(piece.length);
    if (this.#nextBlock + blocks > this.#blocksPerNonce) this.renew();
    writeUint32(this.header, SampleHeaderOffset.blockCounter, this.#nextBlock);
    this.#nextBlock += blocks;
    return this.#update(pieces, blocks * BLOCK_SIZE);
  }

  /** Fills up the last block of a piece, and is not used. */
  #update(pieces: readonly Uint8Array[], wholeSize: number): Uint8Array {
    const last = pieces[pieces.length - 1]!;
    const size = wholeSize - blocksOf(last.length) * BLOCK_SIZE + last.length;
    if (pieces.length === 1 && wholeSize > scratch.length) {
      const encrypted = this.#cipher.update(last);
      if (wholeSize > size) this.#cipher.update(zeros.subarray(0, wholeSize - size));
      return encrypted;
    }
    // One call for all of it: a call costs more than the copy of most pieces.
    const isLarge = wholeSize > scratch.length;
    const whole = isLarge ? Buffer.allocUnsafeSlow(wholeSize) : scratch.subarray(0, wholeSize);
    let position = 0;
    for (const piece of pieces) {
      copyBytes(piece, whole, position);
      position += blocksOf(piece.length) * BLOCK_SIZE;
    }
    const encrypted = this.#cipher.update(whole).subarray(0, size);
    if (isLarge) discard(whole);
    return encrypted;
  }
}
