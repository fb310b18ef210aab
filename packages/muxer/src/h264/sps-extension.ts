import { ParameterSetReader, spsFaults } from '../nal/parameter-set-reader.js';

/**
 * seq_parameter_set_extension_rbsp() (ISO/IEC 14496-10 §7.3.2.1.2): auxiliary pictures of the SPS with this
 * id.
 */
export interface AvcSpsExtension {
  readonly id: number;
}

export function parseAvcSpsExtension(nal: Uint8Array, at = 0): AvcSpsExtension {
  const reader = new ParameterSetReader(nal, 1, spsFaults, at);
  return { id: reader.ueUpTo('seq_parameter_set_id', 31) };
}
