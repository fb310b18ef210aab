import { equalBytes } from '../bits/bytes.js';
import type { AudioRules } from './audio-rules.js';
import type { KeyRing } from './key-ring.js';
import { createSampleDecipher, damaged } from './sample-decipher.js';
import { sampleHeaderSize, startsWithMarker } from './sample-header.js';

/**
 * The tag body with its audio frame decrypted; undefined when the frame is not encrypted. Throws MuxerError.
 * @param start of the frame in the body
 */
export function decryptAudioFrame(
  body: Uint8Array,
  start: number,
  rules: AudioRules,
  keys: KeyRing,
): Uint8Array | undefined {
  const { lead } = rules;
  const clearEnd = start + rules.clearSize(body, start);
  const headerStart = clearEnd + lead.length;
  if (!equalBytes(body.subarray(clearEnd, headerStart), lead)) return undefined;
  if (!startsWithMarker(body, headerStart)) return undefined;
  const sampleHeader = body.subarray(headerStart, headerStart + sampleHeaderSize);
  const decipher = createSampleDecipher(sampleHeader, keys, headerStart);
  const encrypted = body.subarray(headerStart + sampleHeaderSize);
  if (encrypted.length === 0) throw damaged('audio frame', '0 bytes', '≥ 1 byte', body.length);
  return Buffer.concat([body.subarray(0, clearEnd), decipher.update(encrypted)]);
}
