import { adtsHeaderSize } from './adts-header.js';
import type { AudioSpecificConfig } from './parse-audio-specific-config.js';
import { startsWithProgramConfig } from './program-config-element.js';
import { samplingFrequencies } from './sampling-frequencies.js';

/** The largest aac_frame_length, a 13-bit field. */
const maxFrameLength = 0x1fff;

/**
 * A raw AAC frame behind an ADTS header without error protection (ISO/IEC 14496-3 §1.A.2.2); undefined when ADTS
 * cannot express it: object types above 4, frequencies that are not in the table, frames that are too long.
 */
export function encodeAdtsFrame(config: AudioSpecificConfig, raw: Uint8Array): Uint8Array | undefined {
  const frequencyIndex = samplingFrequencies.indexOf(config.sampleRate);
  const prefix = raw.length > 0 && startsWithProgramConfig(raw, 0) ? new Uint8Array(0) : config.programConfig;
  const length = adtsHeaderSize + prefix.length + raw.length;
  const { objectType, channelConfiguration } = config;
  if (
    objectType < 1 ||
    objectType > 4 ||
    frequencyIndex < 0 ||
    channelConfiguration > 7 ||
    length > maxFrameLength
  ) {
    return undefined;
  }
  const frame = new Uint8Array(length);
  frame[0] = 0xff;
  frame[1] = 0xf1; // MPEG-4, layer 0, protection_absent
  frame[2] = ((objectType - 1) << 6) | (frequencyIndex << 2) | (channelConfiguration >> 2);
  frame[3] = ((channelConfiguration & 3) << 6) | (length >> 11);
  frame[4] = length >> 3;
  frame[5] = (length << 5) | 0x1f; // adts_buffer_fullness 0x7ff: variable rate
  frame[6] = 0xfc;
  frame.set(prefix, adtsHeaderSize);
  frame.set(raw, adtsHeaderSize + prefix.length);
  return frame;
}
