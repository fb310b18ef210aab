import { readUint16 } from '../bits/bytes.js';
import { MuxerError } from '../errors.js';
import type { AdtsHeader } from './adts-header.js';
import type { ProgramConfigElement } from './program-config-element.js';

/** Bytes of crc_check behind each raw data block of a protected frame that has several. */
const BLOCK_CRC_SIZE = 2;

/** The damage of a frame beside its header; undefined: there is none. */
export function adtsFrameDamage(
  header: AdtsHeader,
  data: Uint8Array,
  offset: number,
  programConfig: ProgramConfigElement | undefined,
): MuxerError | undefined {
  if (header.rawDataBlocks > 1) {
    const damage = rawDataBlockDamage(header, data, offset);
    if (damage !== undefined) return damage;
  }
  if (header.channelConfiguration !== 0 || programConfig !== undefined) return undefined;
  return new MuxerError('ERR_CLOUDPUSH_ADTS_NO_CHANNELS', {
    offset,
    field: 'channel_configuration',
    actual: 0,
    permitted: '1 to 7, or 0 with a program_config_element()',
  });
}

/**
 * Checks that the raw data blocks of a frame can be found. Their offsets are told only with error protection,
 * by adts_header_error_check() (ISO/IEC 14496-3 §1.A.2.2.3), relative to the first of them.
 */
function rawDataBlockDamage(header: AdtsHeader, data: Uint8Array, offset: number): MuxerError | undefined {
  if (header.protectionAbsent) {
    return new MuxerError('ERR_CLOUDPUSH_ADTS_RAW_DATA_BLOCKS', {
      offset,
      field: 'number_of_raw_data_blocks_in_frame',
      actual: header.rawDataBlocks - 1,
      permitted: '0 when protection_absent is 1',
    });
  }
  for (let block = 0; block < header.rawDataBlocks; block++) {
    const start = rawDataBlockStart(header, data, offset, block);
    const end = rawDataBlockEnd(header, data, offset, block);
    if (start >= end || end > offset + header.frameLength) {
      return new MuxerError('ERR_CLOUDPUSH_ADTS_RAW_DATA_BLOCKS', {
        offset,
        field: 'raw_data_block_position',
        actual: end,
        permitted: `${start + 1} to ${offset + header.frameLength}`,
      });
    }
  }
  return undefined;
}

/** Returns the offset of a raw data block of the frame at `offset`. */
export function rawDataBlockStart(
  header: AdtsHeader,
  data: Uint8Array,
  offset: number,
  block: number,
): number {
  const first = offset + header.headerSize;
  return block === 0 ? first : first + readUint16(data, offset + 7 + 2 * (block - 1));
}

/** Offset of its end. */
export function rawDataBlockEnd(header: AdtsHeader, data: Uint8Array, offset: number, block: number): number {
  if (header.rawDataBlocks === 1) return offset + header.frameLength;
  const last = block === header.rawDataBlocks - 1;
  const next = last ? offset + header.frameLength : rawDataBlockStart(header, data, offset, block + 1);
  return next - BLOCK_CRC_SIZE;
}
