import { ByteWriter } from '../bits/byte-writer.js';
import type { Av1SequenceHeader } from './sequence-header.js';

/** Bytes in front of the configOBUs. */
const HEADER_SIZE = 4;

/**
 * AV1CodecConfigurationRecord (AV1 in ISOBMFF §2.3.3); `configObu` is the sequence header OBU with its size.
 */
export function encodeAv1CodecConfigurationRecord(
  header: Av1SequenceHeader,
  configObu: Uint8Array,
): Uint8Array {
  const writer = new ByteWriter(HEADER_SIZE + configObu.length);
  writer.u8(0x81); // marker, version
  writer.u8((header.profile << 5) | header.levelIdx);
  writer.u8(
    (header.tier << 7) |
      (Number(header.bitDepth > 8) << 6) |
      (Number(header.bitDepth === 12) << 5) |
      (Number(header.monochrome) << 4) |
      (header.subsamplingX << 3) |
      (header.subsamplingY << 2) |
      header.chromaSamplePosition,
  );
  writer.u8(0); // initial_presentation_delay_present: not
  writer.copy(configObu);
  return writer.bytes;
}

/** The configOBUs of a record: the sequence header OBU, as a rule. */
export function av1ConfigObus(record: Uint8Array): Uint8Array {
  return record.subarray(HEADER_SIZE);
}

/** The RFC 6381 name (AV1 in ISOBMFF §5), such as `av01.0.04M.08`. */
export function av1CodecString(header: Av1SequenceHeader): string {
  const level = String(header.levelIdx).padStart(2, '0');
  const tier = header.tier === 1 ? 'H' : 'M';
  return `av01.${header.profile}.${level}${tier}.${String(header.bitDepth).padStart(2, '0')}`;
}
