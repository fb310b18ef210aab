import { escapeInto, removeEmulationPrevention } from '../annexb/emulation-prevention.js';
import { writeUint32 } from '../bits/bytes.js';
import type { NalRules } from './nal-rules.js';
import { sampleHeaderSize, startsWithMarker } from './sample-header.js';

/** user_data_unregistered (ISO/IEC 14496-10 §D.1.7, 23008-2 §D.2.7), whose first 16 bytes are a UUID: the marker. */
const userDataUnregistered = 5;

/** Bytes in front of the sample header: NAL unit header of at most 2 bytes, payloadType and payloadSize. */
const maxLead = 4;

/** A NAL unit with its length: every second byte of the sample header and its end may need escaping. */
export const maxSeiSize = 4 + maxLead + sampleHeaderSize + 1 + Math.ceil((sampleHeaderSize + 1) / 2);

/**
 * Writes an SEI NAL unit with a sample header, behind its 4-byte length. Returns how many bytes that took.
 * @param secondByte of the NAL unit header of the picture that it goes with
 */
export function writeEncryptionSei(
  target: Uint8Array,
  rules: NalRules,
  secondByte: number,
  sampleHeader: Uint8Array,
): number {
  rules.writeSeiHeader(target, 4, secondByte);
  let position = 4 + rules.headerSize;
  target[position++] = userDataUnregistered;
  target[position++] = sampleHeaderSize;
  position = escapeInto(sampleHeader, target, position);
  target[position++] = 0x80; // rbsp_trailing_bits
  writeUint32(target, 0, position - 4);
  return position;
}

/** Bytes of a NAL unit that are looked at: a longer one is no SEI of ours. */
const maxNalSize = maxSeiSize - 4;

/** The sample header in an SEI NAL unit; undefined when it holds none. What is there may be cut off. */
export function readEncryptionSei(nal: Uint8Array, rules: NalRules): Uint8Array | undefined {
  if (nal[rules.headerSize] !== userDataUnregistered || nal.length > maxNalSize) return undefined;
  const rbsp = removeEmulationPrevention(nal);
  const start = rules.headerSize + 2;
  return startsWithMarker(rbsp, start) ? rbsp.subarray(start, start + rbsp[start - 1]!) : undefined;
}
