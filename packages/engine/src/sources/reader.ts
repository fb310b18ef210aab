import type { SourcePacket } from './packet.js';

/**
 * A source being read, once, from its first packet to its last. It never blocks: `next()` says at once what
 * is at hand, and `more()` waits when nothing is. (One promise a piece of the file, not one a packet.)
 */
export interface PacketReader {
  /**
   * The next packet in order of decoding time, or `undefined`: the end when `ended` is true, else wait for
   * `more()`. The packet is good until the next call. The first one of a reader is at 0 ms.
   */
  next(): SourcePacket | undefined;
  /** True when every packet has been given out; by then the reader holds no file any more. */
  readonly ended: boolean;
  /** Resolves when `next()` has something to say. Rejects with a `SourceError` when the input is broken. */
  more(): Promise<void>;
  /** Gives files back. The reader is of no use afterwards. */
  close(): Promise<void>;
}
