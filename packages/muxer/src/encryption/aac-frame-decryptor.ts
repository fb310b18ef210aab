import { programConfigSize } from '../aac/program-config-element.js';
import { elementDataStart, readElements } from './data-stream-element.js';
import { damaged, type SampleDecipher } from './sample-decipher.js';
import { SAMPLE_HEADER_SIZE, startsWithMarker } from './sample-header.js';

/**
 * Returns the offset of the data stream elements of an encrypted frame; undefined when the frame is not
 * encrypted.
 * @param start of the frame
 */
export function findEncryptedAacFrame(bytes: Uint8Array, start: number): number | undefined {
  const offset = start + programConfigSize(bytes, start);
  const dataStart = elementDataStart(bytes, offset);
  return dataStart !== undefined && startsWithMarker(bytes, dataStart) ? offset : undefined;
}

/**
 * The tag body with its AAC frame decrypted; undefined when the frame is not encrypted. Throws MuxerError.
 * @param start of the frame in the body
 */
export function decryptAacFrame(
  body: Uint8Array,
  start: number,
  decipher: SampleDecipher,
): Uint8Array | undefined {
  const clearEnd = findEncryptedAacFrame(body, start);
  if (clearEnd === undefined) return undefined;
  const data = readElements(body, clearEnd);
  const header = data.subarray(0, SAMPLE_HEADER_SIZE);
  decipher.check(header, clearEnd);
  const encrypted = data.subarray(SAMPLE_HEADER_SIZE);
  if (encrypted.length === 0) throw damaged('AAC frame', '0 bytes', '≥ 1 byte', clearEnd);
  return Buffer.concat([body.subarray(0, clearEnd), decipher.decryptWith(header, encrypted, clearEnd)]);
}
