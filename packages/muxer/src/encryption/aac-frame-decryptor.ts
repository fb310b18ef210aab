import { programConfigSize } from '../aac/program-config-element.js';
import { elementDataStart, readElements } from './data-stream-element.js';
import type { KeyRing } from './key-ring.js';
import { createSampleDecipher, damaged } from './sample-decipher.js';
import { sampleHeaderSize, startsWithMarker } from './sample-header.js';

/**
 * The tag body with its AAC frame decrypted; undefined when the frame is not encrypted. Throws MuxerError.
 * @param start of the frame in the body
 */
export function decryptAacFrame(body: Uint8Array, start: number, keys: KeyRing): Uint8Array | undefined {
  const clearEnd = start + programConfigSize(body, start);
  const dataStart = elementDataStart(body, clearEnd);
  if (dataStart === undefined || !startsWithMarker(body, dataStart)) return undefined;
  const data = readElements(body, clearEnd);
  const decipher = createSampleDecipher(data.subarray(0, sampleHeaderSize), keys, dataStart);
  const encrypted = data.subarray(sampleHeaderSize);
  if (encrypted.length === 0) throw damaged('AAC frame', '0 bytes', '≥ 1 byte', dataStart);
  return Buffer.concat([body.subarray(0, clearEnd), decipher.update(encrypted)]);
}
