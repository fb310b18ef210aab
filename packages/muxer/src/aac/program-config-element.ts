import { BitReader } from '../bits/bit-reader.js';
import type { BitWriter } from '../bits/bit-writer.js';
import { copyOf } from '../bits/bytes.js';

/** id_syn_ele of a program config element (ISO/IEC 14496-3 Table 4.85). */
const ID_PCE = 5;

/**
 * program_config_element() (ISO/IEC 14496-3 §4.5.1.1): the channel layout of a stream with
 * channelConfiguration 0.
 */
export interface ProgramConfigElement {
  readonly channels: number;
  /** Bytes of the raw data block up to the end of the element. */
  readonly size: number;
  /** The element as an AudioSpecificConfig repeats it. */
  copyTo(writer: BitWriter): void;
}

/** Tells whether a raw data block begins with a program config element. */
export function startsWithProgramConfig(data: Uint8Array, offset: number): boolean {
  return data[offset]! >> 5 === ID_PCE;
}

/**
 * Reads the program config element that a raw data block begins with; undefined when it is cut off.
 * @param end where the raw data block ends
 */
export function readProgramConfigElement(
  data: Uint8Array,
  start: number,
  end: number,
): ProgramConfigElement | undefined {
  const block = copyOf(data, start, end);
  const reader = new BitReader(block);
  reader.skip(3 + 4 + 2 + 4); // id_syn_ele, element_instance_tag, object_type, sampling_frequency_index
  const layout = readLayout(reader);
  const layoutEnd = reader.position;
  reader.align(); // counted from the start of the raw data block, which is where `block` begins
  const commentSize = reader.bits(8);
  const commentStart = reader.position >> 3;
  reader.skip(commentSize * 8);
  if (reader.overrun || layout.channels === 0) return undefined;
  return {
    channels: layout.channels,
    size: commentStart + commentSize,
    copyTo(writer) {
      writer.copyBits(block, 3, layoutEnd);
      writer.align(); // counted anew from the start of the AudioSpecificConfig
      writer.bits(8, commentSize);
      writer.copyBits(block, commentStart * 8, (commentStart + commentSize) * 8);
    },
  };
}

/**
 * Bytes of the program config elements that a raw data block begins with; those that are cut off do not
 * count.
 */
export function programConfigSize(data: Uint8Array, start: number): number {
  let position = start;
  while (position < data.length && startsWithProgramConfig(data, position)) {
    const element = readProgramConfigElement(data, position, data.length);
    if (element === undefined) break;
    position += element.size;
  }
  return position - start;
}

function readLayout(reader: BitReader): { channels: number } {
  const front = reader.bits(4);
  const side = reader.bits(4);
  const back = reader.bits(4);
  const lfe = reader.bits(2);
  const associatedData = reader.bits(3);
  const validCouplings = reader.bits(4);
  if (reader.flag()) reader.skip(4); // mono_mixdown_element_number
  if (reader.flag()) reader.skip(4); // stereo_mixdown_element_number
  if (reader.flag()) reader.skip(3); // matrix_mixdown_idx, pseudo_surround_enable
  let channels = lfe;
  for (let i = 0; i < front + side + back; i++) {
    channels += reader.flag() ? 2 : 1; // a channel pair or a single channel
    reader.skip(4);
  }
  reader.skip(4 * lfe + 4 * associatedData + 5 * validCouplings);
  return { channels };
}
