import { createHmac, hkdfSync } from 'node:crypto';
import { types } from 'node:util';
import { equalBytes } from '../bits/bytes.js';
import { MuxerError } from '../errors.js';

/**
 * A key as a caller has it. Exactly 16 or 32 bytes are an AES key and are used as given; a text, or bytes of
 * any other number, is stretched to an AES-256 key.
 */
export type EncryptionKey = string | Uint8Array;

/** A caller's key, checked and copied. */
export interface KeyMaterial {
  readonly bytes: Uint8Array;
  /** True: the AES key is derived from `bytes` and a nonce. */
  readonly stretched: boolean;
}

/** Bytes of a key that is derived: AES-256. */
const STRETCHED_SIZE = 32;

// docs/encryption.md, "Keys". The labels keep what is derived here apart from anything else made of the same
// key.
const derivationLabel = Buffer.from('cloudpush sample encryption 1', 'latin1');
const keyCheckLabel = Buffer.from('cloudpush key check 1', 'latin1');

/** Bytes of a key check. */
export const KEY_CHECK_SIZE = 4;

/** Checks a key and copies it. Throws MuxerError, which never shows the key. */
export function readEncryptionKey(key: EncryptionKey): KeyMaterial {
  const isText = typeof key === 'string';
  if (!isText && !types.isUint8Array(key)) throw keyInvalid(typeof key);
  if (key.length === 0) throw keyInvalid('0 bytes');
  const bytes = Uint8Array.from(isText ? Buffer.from(key, 'utf8') : key);
  return { bytes, stretched: isText || (bytes.length !== 16 && bytes.length !== 32) };
}

export function keyInvalid(actual: string): MuxerError {
  const permitted = 'a text of at least 1 character, or at least 1 byte';
  return new MuxerError('ERR_CLOUDPUSH_ENCRYPTION_KEY_INVALID', { field: 'key', actual, permitted });
}

export function equalKeys(a: KeyMaterial, b: KeyMaterial): boolean {
  return a.stretched === b.stretched && equalBytes(a.bytes, b.bytes);
}

/** The AES key that samples with this nonce are encrypted with. */
export function deriveKey(material: KeyMaterial, nonce: Uint8Array): Uint8Array {
  if (!material.stretched) return material.bytes;
  return new Uint8Array(hkdfSync('sha256', material.bytes, nonce, derivationLabel, STRETCHED_SIZE));
}

/** A value that tells keys apart without telling the key. */
export function keyCheckOf(aesKey: Uint8Array): Uint8Array {
  return createHmac('sha256', aesKey).update(keyCheckLabel).digest().subarray(0, KEY_CHECK_SIZE);
}
