import { readProgramConfigElement, startsWithProgramConfig } from '../aac/program-config-element.js';
import { sampleHeaderSize } from './sample-header.js';

/** What AAC and MP3 do each in its own way when frames are encrypted. */
export interface AudioRules {
  /** Bytes of the frame at `start` that stay clear, and stay in front. */
  clearSize(bytes: Uint8Array, start: number): number;
  /** What the sample header stands behind: the beginning of something that a parser steps over. */
  readonly lead: Uint8Array;
}

/**
 * id_syn_ele of a data stream element, element_instance_tag 0, data_byte_align_flag 1, then count
 * (ISO/IEC 14496-3 §4.4.2.7): the element is a sample header, and ends at a byte.
 */
const dataStreamElement = Uint8Array.of((4 << 5) | 1, sampleHeaderSize);

/** A program config element in front tells the channels, and a remuxer may put one there. */
function programConfigSize(bytes: Uint8Array, start: number): number {
  let position = start;
  while (position < bytes.length && startsWithProgramConfig(bytes, position)) {
    const size = readProgramConfigElement(bytes, position, bytes.length)?.size;
    if (size === undefined) break;
    position += size;
  }
  return position - start;
}

export const aacRules: AudioRules = { clearSize: programConfigSize, lead: dataStreamElement };

/** The header of an MPEG audio frame (ISO/IEC 11172-3 §2.4.1.3). */
const mpegAudioHeaderSize = 4;

export const mp3Rules: AudioRules = { clearSize: () => mpegAudioHeaderSize, lead: new Uint8Array(0) };
