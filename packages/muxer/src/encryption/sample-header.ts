import { equalBytes } from '../bits/bytes.js';
import { keyCheckSize } from './encryption-key.js';

/** Bytes of a nonce: the random part of a counter block, and the salt of a stretched key. */
export const nonceSize = 12;
/** Bytes of an AES block. */
export const blockSize = 16;

/** 3817ef74-861b-402f-92ad-bd75972d766f: what marks a sample as encrypted in this way. */
const marker = Buffer.from('3817ef74861b402f92adbd75972d766f', 'hex');

/** The only version of the format there is. */
export const sampleHeaderVersion = 1;

/** Where the fields of a sample header are (docs/encryption.md, "Sample header"). */
export const SampleHeaderOffset = { version: 16, keyCheck: 17, nonce: 21, blockCounter: 33 } as const;

/** Bytes of a sample header. */
export const sampleHeaderSize = 37;

/** A new sample header with the block counter at 0. */
export function createSampleHeader(keyCheck: Uint8Array, nonce: Uint8Array): Uint8Array {
  const header = new Uint8Array(sampleHeaderSize);
  header.set(marker);
  header[SampleHeaderOffset.version] = sampleHeaderVersion;
  header.set(keyCheck, SampleHeaderOffset.keyCheck);
  header.set(nonce, SampleHeaderOffset.nonce);
  return header;
}

/** Whether the marker of a sample header stands at this place, whatever follows it. */
export function startsWithMarker(bytes: Uint8Array, offset: number): boolean {
  return equalBytes(bytes.subarray(offset, offset + marker.length), marker);
}

export function keyCheckIn(header: Uint8Array): Uint8Array {
  return header.subarray(SampleHeaderOffset.keyCheck, SampleHeaderOffset.keyCheck + keyCheckSize);
}

export function nonceIn(header: Uint8Array): Uint8Array {
  return header.subarray(SampleHeaderOffset.nonce, SampleHeaderOffset.nonce + nonceSize);
}

/** The 16 bytes that AES-CTR starts from: nonce and block counter. */
export function counterBlockIn(header: Uint8Array): Uint8Array {
  return header.subarray(SampleHeaderOffset.nonce, SampleHeaderOffset.nonce + blockSize);
}
