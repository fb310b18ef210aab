import { equalBytes } from '../bits/bytes.js';
import { MuxerError } from '../errors.js';
import {
  deriveKey,
  type EncryptionKey,
  type KeyMaterial,
  keyCheckOf,
  readEncryptionKey,
} from './encryption-key.js';
import { keyCheckIn, nonceIn } from './sample-header.js';

/**
 * Nonces whose key is remembered: a file has one for each track, key and stream, and damage makes up others.
 */
const REMEMBERED_NONCES = 64;

/** The keys that a decryptor has been given. It finds the right one for a sample by its key check. */
export class KeyRing {
  readonly #keys: readonly KeyMaterial[];
  /** AES keys by key check and nonce; undefined: none fits. */
  readonly #found = new Map<string, Uint8Array | undefined>();

  constructor(keys: readonly EncryptionKey[]) {
    this.#keys = keys.map(readEncryptionKey);
  }

  /**
   * The AES key for a sample. Throws MuxerError, which names the key check, when none fits.
   * @param keyId key check and nonce
   * @param offset of what tells them, in the tag body
   */
  find(keyId: Uint8Array, offset: number): Uint8Array {
    const id = Buffer.from(keyId).toString('latin1');
    if (!this.#found.has(id)) this.#remember(id, this.#search(keyCheckIn(keyId), nonceIn(keyId)));
    const key = this.#found.get(id);
    if (key !== undefined) return key;
    throw new MuxerError('ERR_CLOUDPUSH_DECRYPTION_NO_KEY', {
      offset,
      field: 'key check',
      actual: Buffer.from(keyCheckIn(keyId)).toString('hex'),
      permitted: `one of ${this.#keys.length} given`,
    });
  }

  #search(keyCheck: Uint8Array, nonce: Uint8Array): Uint8Array | undefined {
    for (const material of this.#keys) {
      const key = deriveKey(material, nonce);
      if (equalBytes(keyCheckOf(key), keyCheck)) return key;
    }
    return undefined;
  }

  #remember(id: string, key: Uint8Array | undefined): void {
    if (this.#found.size === REMEMBERED_NONCES) this.#found.clear();
    this.#found.set(id, key);
  }
}
