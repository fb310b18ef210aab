import { BitReader } from '../bits/bit-reader.js';
import { BitWriter } from '../bits/bit-writer.js';
import { type ProgramConfigElement, readProgramConfigElement } from './program-config-element.js';
import { configurationChannels, samplingFrequencies } from './sampling-frequencies.js';

/** The fields of a configuration that an ADTS header has, too. */
export interface ConfigurationFields {
  readonly objectType: number;
  readonly samplingFrequencyIndex: number;
  readonly channelConfiguration: number;
}

/**
 * AudioSpecificConfig() with GASpecificConfig() (ISO/IEC 14496-3 §1.6.2.1, §4.4.1) for what an ADTS header
 * tells. The program config element is there when, and only when, the channel configuration is 0.
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

/**
 * The configuration of an AAC stream: of its core, which an ADTS header tells, and of what the decoder puts
 * out.
 */
export interface AudioSpecificConfig {
  /** Audio object type of the core decoder, below the SBR and PS extensions. */
  readonly objectType: number;
  /** Of the core, Hz. */
  readonly sampleRate: number;
  readonly channelConfiguration: number;
  /**
   * The program config element as a raw data block begins with it; empty when the channel configuration tells
   * all.
   */
  readonly programConfig: Uint8Array;
  /**
   * The audio object type that the configuration begins with, or that of its extension: 5 (SBR) for HE-AAC,
   * 29 (PS) for its second version.
   */
  readonly signalledObjectType: number;
  /** With SBR, as a rule twice the rate of the core, Hz. */
  readonly outputSampleRate: number;
  /** With PS, two for one of the core; 0: not told. */
  readonly channels: number;
  /**
   * Samples of one channel that a frame gives at the output rate; undefined for object types other than
   * AAC's.
   */
  readonly samplesPerFrame: number | undefined;
}

const ESCAPE_OBJECT_TYPE = 31;
const SBR = 5;
const PS = 29;

/** syncExtensionType of SBR, and of PS behind it (§1.6.2.1). */
const SBR_SYNC = 0x2b7;
const PS_SYNC = 0x548;

interface Extension {
  objectType: number;
  sampleRate: number | undefined;
}

/**
 * Reads AudioSpecificConfig() (ISO/IEC 14496-3 §1.6.2.1); undefined when it is cut off or names no frequency.
 */
export function parseAudioSpecificConfig(bytes: Uint8Array): AudioSpecificConfig | undefined {
  const reader = new BitReader(bytes);
  let objectType = readObjectType(reader);
  const sampleRate = readFrequency(reader);
  const channelConfiguration = reader.bits(4);
  const extension: Extension = { objectType, sampleRate: undefined };
  if (objectType === SBR || objectType === PS) {
    extension.sampleRate = readFrequency(reader);
    objectType = readObjectType(reader);
  }
  const shortFrame = reader.flag(); // frameLengthFlag
  if (reader.flag()) reader.skip(14); // coreCoderDelay
  reader.skip(1); // extensionFlag
  const programConfig = channelConfiguration === 0 ? readProgramConfig(reader, bytes) : new Uint8Array(0);
  if (reader.overrun || sampleRate === undefined) return undefined;
  if (extension.sampleRate === undefined) readSyncExtension(reader, extension);
  const outputSampleRate = extension.sampleRate ?? sampleRate;
  const coreSamples = frameSamples(objectType, shortFrame);
  return {
    objectType,
    sampleRate,
    channelConfiguration,
    programConfig,
    signalledObjectType: extension.objectType,
    outputSampleRate,
    channels: outputChannels(channelConfiguration, programConfig, extension.objectType),
    samplesPerFrame: coreSamples && (coreSamples * outputSampleRate) / sampleRate,
  };
}

/** The extension that a decoder without SBR passes over, behind the configuration of the core. */
function readSyncExtension(reader: BitReader, extension: Extension): void {
  if (reader.bitsLeft < 16 || reader.bits(11) !== SBR_SYNC) return;
  if (readObjectType(reader) !== SBR || !reader.flag()) return;
  const sampleRate = readFrequency(reader);
  if (reader.overrun || sampleRate === undefined) return;
  extension.objectType = SBR;
  extension.sampleRate = sampleRate;
  if (reader.bitsLeft >= 12 && reader.bits(11) === PS_SYNC && reader.flag()) extension.objectType = PS;
}

function outputChannels(channelConfiguration: number, programConfig: Uint8Array, objectType: number): number {
  if (objectType === PS && channelConfiguration === 1) return 2;
  if (channelConfiguration > 0) return configurationChannels[channelConfiguration]!;
  return readProgramConfigElement(programConfig, 0, programConfig.length)?.channels ?? 0;
}

/** Samples of the core: 1024 of AAC, 512 of its low-delay profiles, or 960 and 480 (§4.4.1, §4.6.19). */
function frameSamples(objectType: number, shortFrame: boolean): number | undefined {
  if (objectType === 23 || objectType === 39) return shortFrame ? 480 : 512;
  const isAac =
    (objectType >= 1 && objectType <= 4) || objectType === 6 || objectType === 17 || objectType === 20;
  return isAac ? (shortFrame ? 960 : 1024) : undefined;
}

function readObjectType(reader: BitReader): number {
  const type = reader.bits(5);
  return type === ESCAPE_OBJECT_TYPE ? 32 + reader.bits(6) : type;
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
