import { BitReader } from '../bits/bit-reader.js';
import { BitWriter } from '../bits/bit-writer.js';
import type { ProgramConfigElement } from './program-config-element.js';
import { samplingFrequencies } from './sampling-frequencies.js';

/** The fields of a configuration that an ADTS header has, too. */
export interface ConfigurationFields {
  readonly objectType: number;
  readonly samplingFrequencyIndex: number;
  readonly channelConfiguration: number;
}

/**
 * AudioSpecificConfig() with GASpecificConfig() (ISO/IEC 14496-3 §1.6.2.1, §4.4.1) for what an ADTS header tells.
 * The program config element is there when, and only when, the channel configuration is 0.
 */
export function encodeAudioSpecificConfig(
  header: ConfigurationFields,
  programConfig: ProgramConfigElement | undefined,
): Uint8Array {
  const writer = new BitWriter();
  writer.bits(5, header.objectType);
  writer.bits(4, header.samplingFrequencyIndex);
  writer.bits(4, header.channelConfiguration);
  writer.bits(3, 0); // frameLengthFlag, dependsOnCoreCoder, extensionFlag
  programConfig?.copyTo(writer);
  return writer.finish();
}

/** What an ADTS header needs of an AudioSpecificConfig. */
export interface AudioSpecificConfig {
  /** Audio object type of the core decoder, below the SBR and PS extensions. */
  readonly objectType: number;
  readonly sampleRate: number;
  readonly channelConfiguration: number;
  /** The program config element as a raw data block begins with it; empty when the channel configuration tells all. */
  readonly programConfig: Uint8Array;
}

const escapeObjectType = 31;
const sbr = 5;
const ps = 29;

/** Reads AudioSpecificConfig() (ISO/IEC 14496-3 §1.6.2.1); undefined when it is cut off or names no frequency. */
export function parseAudioSpecificConfig(bytes: Uint8Array): AudioSpecificConfig | undefined {
  const reader = new BitReader(bytes);
  let objectType = readObjectType(reader);
  const sampleRate = readFrequency(reader);
  const channelConfiguration = reader.bits(4);
  if (objectType === sbr || objectType === ps) {
    readFrequency(reader);
    objectType = readObjectType(reader);
  }
  reader.skip(1); // frameLengthFlag
  if (reader.flag()) reader.skip(14); // coreCoderDelay
  reader.skip(1); // extensionFlag
  const programConfig = channelConfiguration === 0 ? readProgramConfig(reader, bytes) : new Uint8Array(0);
  if (reader.overrun || sampleRate === undefined) return undefined;
  return { objectType, sampleRate, channelConfiguration, programConfig };
}

function readObjectType(reader: BitReader): number {
  const type = reader.bits(5);
  return type === escapeObjectType ? 32 + reader.bits(6) : type;
}

function readFrequency(reader: BitReader): number | undefined {
  const index = reader.bits(4);
  return index === 15 ? reader.bits(24) : samplingFrequencies[index];
}

/** program_config_element(), moved from the alignment of the configuration to that of a raw data block. */
function readProgramConfig(reader: BitReader, bytes: Uint8Array): Uint8Array {
  const start = reader.position;
  reader.skip(4 + 2 + 4); // element_instance_tag, object_type, sampling_frequency_index
  const counts = [reader.bits(4), reader.bits(4), reader.bits(4)];
  const lfe = reader.bits(2);
  const associatedData = reader.bits(3);
  const couplings = reader.bits(4);
  if (reader.flag()) reader.skip(4);
  if (reader.flag()) reader.skip(4);
  if (reader.flag()) reader.skip(3);
  const elements = counts[0]! + counts[1]! + counts[2]! + couplings;
  reader.skip(5 * elements + 4 * lfe + 4 * associatedData);
  const end = reader.position;
  reader.align();
  const commentSize = reader.bits(8);
  const comment = reader.position;
  reader.skip(8 * commentSize);
  if (reader.overrun) return new Uint8Array(0);
  const writer = new BitWriter();
  writer.bits(3, 5); // id_syn_ele
  writer.copyBits(bytes, start, end);
  writer.align();
  writer.bits(8, commentSize);
  writer.copyBits(bytes, comment, comment + 8 * commentSize);
  return writer.finish();
}
