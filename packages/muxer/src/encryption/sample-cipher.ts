import { type Cipher, createCipheriv, randomBytes } from 'node:crypto';
import { writeUint32 } from '../bits/bytes.js';
import { MuxerError } from '../errors.js';
import { deriveKey, type KeyMaterial, keyCheckOf } from './encryption-key.js';
import { blockSize, createSampleHeader, nonceSize, SampleHeaderOffset } from './sample-header.js';

/** Where nonces come from: 12 bytes a call, never the same twice. */
export type NonceSource = () => Uint8Array;

const zeros = new Uint8Array(blockSize);
/** Small frames, with the rest of their last block. What is encrypted of that is not used. */
const scratch = new Uint8Array(1024);

export function randomNonce(): Uint8Array {
  return randomBytes(nonceSize);
}

/**
 * AES-CTR over the samples of one track under one key. One cipher object serves all samples, since creating one costs
 * more than encrypting a small frame: each sample begins on the block after the last one of the sample before. When the
 * 32-bit block counter would run over, a new nonce is drawn, and for a stretched key a new AES key with it.
 */
export class SampleCipher {
  readonly #nonces: NonceSource;
  readonly #blocksPerNonce: number;
  #cipher!: Cipher;
  #nextBlock = 0;
  /** Bytes of the sample that have yet to be encrypted. */
  #left = 0;
  #padding = 0;
  readonly material: KeyMaterial;
  /** The header of the sample that `begin` began; the object is another one for each nonce. */
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
    if (nonce.length !== nonceSize) {
      throw new MuxerError('ERR_CLOUDPUSH_ENCRYPTION_KEY_INVALID', {
        field: 'nonce',
        actual: `${nonce.length} bytes`,
        permitted: `${nonceSize} bytes`,
      });
    }
    const key = deriveKey(this.material, nonce);
    const counterBlock = new Uint8Array(blockSize);
    counterBlock.set(nonce);
    this.keyBits = key.length === 16 ? 128 : 256;
    this.#cipher = createCipheriv(this.keyBits === 128 ? 'aes-128-ctr' : 'aes-256-ctr', key, counterBlock);
    this.#nextBlock = 0;
    this.header = createSampleHeader(keyCheckOf(key), nonce);
  }

  /** Begins a sample in which `size` bytes are to be encrypted: `header` is its header until the next call. */
  begin(size: number): void {
    const blocks = Math.ceil(size / blockSize);
    if (this.#nextBlock + blocks > this.#blocksPerNonce) this.renew();
    writeUint32(this.header, SampleHeaderOffset.blockCounter, this.#nextBlock);
    this.#nextBlock += blocks;
    this.#left = size;
    this.#padding = blocks * blockSize - size;
  }

  /** Encrypts the next bytes of the sample: the result is memory of its own. */
  encrypt(bytes: Uint8Array): Uint8Array {
    this.#left -= bytes.length;
    const { length } = bytes;
    if (this.#left > 0 || length + this.#padding > scratch.length) return this.#cipher.update(bytes);
    // A call costs more than the copy of a small frame: its last block is filled up here, and not in a call of its own.
    scratch.set(bytes);
    const encrypted = this.#cipher.update(scratch.subarray(0, length + this.#padding));
    this.#padding = 0;
    return encrypted.subarray(0, length);
  }

  /** Encrypts the next bytes of the sample where they are. */
  encryptInPlace(bytes: Uint8Array): void {
    const lead = unalignedLead(bytes);
    this.#left -= bytes.length;
    if (lead > 0) bytes.set(this.#cipher.update(bytes.subarray(0, lead)));
    bytes.set(this.#cipher.update(lead > 0 ? bytes.subarray(lead) : bytes), lead);
  }

  /** Ends the sample, once all its bytes have been encrypted: the rest of its last block is not used. */
  finish(): void {
    if (this.#padding > 0) this.#cipher.update(zeros.subarray(0, this.#padding));
  }
}

/** From how many bytes on the second call costs less than it saves. */
const alignedSize = 4096;
const wordSize = 8;

/**
 * Bytes to be encrypted on their own, so that the others begin at a word. V8 copies to shared memory word by word where
 * both sides are aligned, but byte by byte where they are not, and that takes longer than encrypting.
 */
function unalignedLead(bytes: Uint8Array): number {
  if (bytes.length < alignedSize || !(bytes.buffer instanceof SharedArrayBuffer)) return 0;
  return -bytes.byteOffset & (wordSize - 1);
}
