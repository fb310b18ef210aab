import { BitReader } from '../bits/bit-reader.js';
import { BitWriter } from '../bits/bit-writer.js';
import type { AudioSpecificConfig } from './audio-specific-config.js';

/** id_syn_ele (ISO/IEC 14496-3 Table 4.85) of what holds sound, and of the end of a frame. */
const SyntacticElement = { singleChannel: 0, channelPair: 1, lowFrequency: 3, end: 7 } as const;

/** Bits of an individual_channel_stream() that are all zero: a long window without scale factor bands. */
const SILENT_CHANNEL_BITS = 22;

/** The part of a configuration that tells its channels. */
export type ChannelLayout = Pick<AudioSpecificConfig, 'channelConfiguration' | 'programConfig'>;

interface ChannelElement {
  readonly id: number;
  /** element_instance_tag. */
  readonly tag: number;
}

const single = (tag: number): ChannelElement => ({ id: SyntacticElement.singleChannel, tag });
const pair = (tag: number): ChannelElement => ({ id: SyntacticElement.channelPair, tag });
const low = (tag: number): ChannelElement => ({ id: SyntacticElement.lowFrequency, tag });

/** By channelConfiguration (Table 1.19), in the order in which a frame has them. */
const configuredElements: readonly (readonly ChannelElement[])[] = [
  [],
  [single(0)],
  [pair(0)],
  [single(0), pair(0)],
  [single(0), pair(0), single(1)],
  [single(0), pair(0), pair(1)],
  [single(0), pair(0), pair(1), low(0)],
  [single(0), pair(0), pair(1), pair(2), low(0)],
];

/**
 * The end of an AAC frame in which no channel has sound: an element for each channel or pair, then ID_END
 * (§4.4.2.1). Undefined for channels that are not known.
 */
export function encodeSilence(config: ChannelLayout): Uint8Array | undefined {
  const { channelConfiguration, programConfig } = config;
  const elements =
    channelConfiguration === 0 ? readElements(programConfig) : configuredElements[channelConfiguration];
  if (elements === undefined || elements.length === 0) return undefined;
  const writer = new BitWriter();
  for (const { id, tag } of elements) {
    writer.bits(3, id);
    writer.bits(4, tag);
    // A pair begins with common_window 0, so that each channel has a stream of its own.
    writer.zeros(id === SyntacticElement.channelPair ? 1 + 2 * SILENT_CHANNEL_BITS : SILENT_CHANNEL_BITS);
  }
  writer.bits(3, SyntacticElement.end);
  return writer.finish();
}

/** The channel elements that a program_config_element() lists (§4.5.1.1). */
function readElements(programConfig: Uint8Array): ChannelElement[] {
  const reader = new BitReader(programConfig);
  reader.skip(3 + 4 + 2 + 4); // id_syn_ele, element_instance_tag, object_type, sampling_frequency_index
  const singlesAndPairs = reader.bits(4) + reader.bits(4) + reader.bits(4); // front, side, back
  const lows = reader.bits(2);
  reader.skip(3 + 4); // num_assoc_data_elements, num_valid_cc_elements
  if (reader.flag()) reader.skip(4); // mono_mixdown_element_number
  if (reader.flag()) reader.skip(4); // stereo_mixdown_element_number
  if (reader.flag()) reader.skip(3); // matrix_mixdown_idx, pseudo_surround_enable
  const elements: ChannelElement[] = [];
  for (let i = 0; i < singlesAndPairs; i++)
    elements.push(reader.flag() ? pair(reader.bits(4)) : single(reader.bits(4)));
  for (let i = 0; i < lows; i++) elements.push(low(reader.bits(4)));
  return reader.overrun ? [] : elements;
}
