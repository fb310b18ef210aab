import type { KeyRing } from './key-ring.js';
import { clearHeaderSize } from './mp3-frame-encryptor.js';
import { createSampleDecipher, damaged } from './sample-decipher.js';
import { sampleHeaderSize, startsWithMarker } from './sample-header.js';

/** Where the sample header of an encrypted frame that begins at `start` is; undefined when the frame is not encrypted. */
export function findMp3SampleHeader(bytes: Uint8Array, start: number): number | undefined {
  const offset = start + clearHeaderSize;
  return startsWithMarker(bytes, offset) ? offset : undefined;
}

/**
 * The tag body with its MP3 frame decrypted; undefined when the frame is not encrypted. Throws MuxerError.
 * @param start of the frame in the body
 */
export function decryptMp3Frame(body: Uint8Array, start: number, keys: KeyRing): Uint8Array | undefined {
  const clearEnd = findMp3SampleHeader(body, start);
  if (clearEnd === undefined) return undefined;
  const headerEnd = clearEnd + sampleHeaderSize;
  const decipher = createSampleDecipher(body.subarray(clearEnd, headerEnd), keys, clearEnd);
  const encrypted = body.subarray(headerEnd);
  if (encrypted.length === 0) throw damaged('MP3 frame', '0 bytes', '≥ 1 byte', clearEnd);
  return Buffer.concat([body.subarray(0, clearEnd), decipher.update(encrypted)]);
}
