import type { SourcePacket } from '../packet.js';

/**
 * Cuts the bytes of a file, which come in pieces of any size, into packets. Throws `MuxerError` or
 * `InvalidMedia`.
 */
export interface PacketParser {
  /** Takes the next bytes, which it may keep; gives the packets that are complete with them. */
  push(piece: Uint8Array): SourcePacket[];
  /** Says that the file has ended; gives the rest. */
  end(): SourcePacket[];
  /** Notes to the user about the media read so far, one sentence each. */
  readonly notices: readonly string[];
  /** Media lost so far because the file is damaged; left out: none. */
  readonly losses?: readonly string[];
}

/** The bytes are not what they should be. The reader adds the name of the file. */
export class InvalidMedia extends Error {
  override readonly name = 'InvalidMedia';
  /** Byte in the file. */
  readonly offset: number | undefined;

  constructor(what: string, offset?: number) {
    super(what);
    this.offset = offset;
  }
}
