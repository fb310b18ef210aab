import { createDecipheriv, type Decipher } from 'node:crypto';
import { MuxerError } from '../errors.js';
import type { KeyRing } from './key-ring.js';
import {
  counterBlockIn,
  SampleHeaderOffset,
  sampleHeaderSize,
  sampleHeaderVersion,
} from './sample-header.js';

/**
 * What decrypts the sample that this header belongs to. Throws MuxerError when the header is damaged or no key fits.
 * @param header from the marker on, as much of it as is there
 * @param offset of the header in the tag body
 */
export function createSampleDecipher(header: Uint8Array, keys: KeyRing, offset: number): Decipher {
  if (header.length < sampleHeaderSize) {
    throw damaged('sample header', `${header.length} bytes`, `${sampleHeaderSize} bytes`, offset);
  }
  const version = header[SampleHeaderOffset.version]!;
  if (version !== sampleHeaderVersion) throw damaged('version', version, String(sampleHeaderVersion), offset);
  const key = keys.find(header, offset);
  return createDecipheriv(key.length === 16 ? 'aes-128-ctr' : 'aes-256-ctr', key, counterBlockIn(header));
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
