import { removeEmulationPrevention } from '../nal/emulation-prevention.js';
import type { NalRules } from './nal-rules.js';
import { SAMPLE_HEADER_SIZE, startsWithMarker } from './sample-header.js';

// Format 1 of pictures: the sample header is in an SEI NAL unit in front of the picture (docs/encryption.md,
// "Format 1").

/**
 * user_data_unregistered (ISO/IEC 14496-10 §D.1.7, 23008-2 §D.2.7), whose first 16 bytes are a UUID: the
 * marker.
 */
const USER_DATA_UNREGISTERED = 5;

/**
 * NAL unit header of at most 2 bytes, payloadType, payloadSize, sample header and its end: each 2 bytes may
 * be escaped.
 */
const maxNalSize = 4 + SAMPLE_HEADER_SIZE + 1 + Math.ceil((SAMPLE_HEADER_SIZE + 1) / 2);

/** The sample header in an SEI NAL unit; undefined when it holds none. Its end may be cut off. */
export function readEncryptionSei(nal: Uint8Array, rules: NalRules): Uint8Array | undefined {
  if (nal[rules.headerSize] !== USER_DATA_UNREGISTERED || nal.length > maxNalSize) return undefined;
  const rbsp = removeEmulationPrevention(nal);
  const start = rules.headerSize + 2;
  return startsWithMarker(rbsp, start) ? rbsp.subarray(start, start + rbsp[start - 1]!) : undefined;
}
