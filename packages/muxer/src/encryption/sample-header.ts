import { equalBytes } from '../bits/bytes.js';
import { KEY_CHECK_SIZE } from './encryption-key.js';

/** Bytes of a nonce: the random part of a counter block, and the salt of a stretched key. */
export const NONCE_SIZE = 12;
/** Bytes of an AES block. */
export const BLOCK_SIZE = 16;

/**
 * 3817ef74-861b-402f-92ad-bd75972d766f: what marks an audio frame, and in format 1 a picture, as encrypted.
 */
const marker = Buffer.from('3817ef74861b402f92adbd75972d766f', 'hex');

/** The version of the format that is written; in a sample header, 1 means the same but for who writes it. */
export const FORMAT_VERSION = 2;

/** Offsets of the fields of a sample header (docs/encryption.md, "Sample header"). */
export const SampleHeaderOffset = { version: 16, keyCheck: 17, nonce: 21, blockCounter: 33 } as const;

/** Offset of key check and nonce, one behind the other. */
export const keyIdOffset = SampleHeaderOffset.keyCheck;

/** Bytes of a sample header. */
export const SAMPLE_HEADER_SIZE = 37;

/** A new sample header with the block counter at 0. */
export function createSampleHeader(keyCheck: Uint8Array, nonce: Uint8Array): Uint8Array {
  const header = new Uint8Array(SAMPLE_HEADER_SIZE);
  header.set(marker);
  header[SampleHeaderOffset.version] = FORMAT_VERSION;
  header.set(keyCheck, SampleHeaderOffset.keyCheck);
  header.set(nonce, SampleHeaderOffset.nonce);
  return header;
}

/** Tells whether the marker of a sample header stands at this place, whatever follows it. */
export function startsWithMarker(bytes: Uint8Array, offset: number): boolean {
  return equalBytes(bytes.subarray(offset, offset + marker.length), marker);
}

/** Key check and nonce: 16 bytes, which tell the AES key. */
export function keyIdIn(header: Uint8Array): Uint8Array {
  return header.subarray(keyIdOffset, SampleHeaderOffset.blockCounter);
}

/** @param keyId key check and nonce */
export function keyCheckIn(keyId: Uint8Array): Uint8Array {
  return keyId.subarray(0, KEY_CHECK_SIZE);
}

/** @param keyId key check and nonce */
export function nonceIn(keyId: Uint8Array): Uint8Array {
  return keyId.subarray(KEY_CHECK_SIZE, KEY_CHECK_SIZE + NONCE_SIZE);
}

/** Blocks of the key stream that these bytes take. */
export function blocksOf(size: number): number {
  return Math.ceil(size / BLOCK_SIZE);
}
