import { equalBytes } from '../bits/bytes.js';
import { MuxerError } from '../errors.js';
import type { NalCodec } from '../nal/nal-codec.js';
import { beginsWithStartCode } from '../nal/nal-unit-index.js';

/**
 * The form of a track's packets: NAL units behind start codes, or behind lengths with a record beside them.
 */
export class PacketForm {
  readonly #codec: NalCodec;
  /** The configuration of the packet before: undefined for one with start codes. */
  #given: Uint8Array | undefined;
  /** A copy of the last record, and the size of the lengths by it. */
  #record: Uint8Array | undefined;
  #recordLengthSize = 4;
  /** Bytes of the length in front of each NAL unit; 0: start codes. */
  lengthSize = 0;

  constructor(codec: NalCodec) {
    this.#codec = codec;
  }

  /** Tells whether the packet before had another configuration, or none. */
  isOther(configuration: Uint8Array | undefined): boolean {
    return configuration !== this.#given;
  }

  /** Takes the configuration of the next packets. Throws MuxerError; nothing has changed then. */
  take(configuration: Uint8Array | undefined): void {
    if (configuration !== undefined && !this.#isKnown(configuration)) {
      this.#recordLengthSize = this.#codec.configure(requireRecord(configuration));
      this.#record = Uint8Array.from(configuration);
    }
    this.lengthSize = configuration === undefined ? 0 : this.#recordLengthSize;
    this.#given = configuration;
  }

  #isKnown(configuration: Uint8Array): boolean {
    return this.#record !== undefined && equalBytes(this.#record, configuration);
  }
}

/** Refuses parameter sets in Annex-B, which some libraries keep in the place of a record. */
function requireRecord(configuration: Uint8Array): Uint8Array {
  if (!beginsWithStartCode(configuration)) return configuration;
  throw new MuxerError('ERR_CLOUDPUSH_VIDEO_CONFIGURATION_INVALID', {
    offset: 0,
    actual: 'NAL units behind start codes',
    permitted: 'an avcC or hvcC; packets with start codes have no configuration',
  });
}
