import { BitWriter } from '../bits/bit-writer.js';
import type { AdtsHeader } from './adts-header.js';
import type { ProgramConfigElement } from './program-config-element.js';

/**
 * AudioSpecificConfig() with GASpecificConfig() (ISO/IEC 14496-3 §1.6.2.1, §4.4.1) for what an ADTS header tells.
 * The program config element is there when, and only when, the channel configuration is 0.
 */
export function encodeAudioSpecificConfig(
  header: Readonly<AdtsHeader>,
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
