import type { PacketDescriptor } from './held-packets.js';
import type { PacketBlock } from './packet-block.js';

/**
 * The end of a channel's media between two groups of pictures: nothing is taken from a key frame on, or,
 * without pictures, from the next sound on.
 */
export class KeyFrameEnd {
  readonly #isStart: (packet: PacketDescriptor, block: PacketBlock) => boolean;
  readonly #onReached: (packet: PacketDescriptor, block: PacketBlock) => void;
  #state: 'none' | 'awaited' | 'reached' = 'none';

  /**
   * @param isStart a stream could begin with the packet
   * @param onReached the packet has come that ends it
   */
  constructor(
    isStart: (packet: PacketDescriptor, block: PacketBlock) => boolean,
    onReached: (packet: PacketDescriptor, block: PacketBlock) => void,
  ) {
    this.#isStart = isStart;
    this.#onReached = onReached;
  }

  /** The next packet that a stream could begin with ends it. */
  begin(): void {
    if (this.#state === 'none') this.#state = 'awaited';
  }

  /** Whether a packet comes with that one or behind it. */
  isBehind(packet: PacketDescriptor, block: PacketBlock): boolean {
    if (this.#state === 'awaited' && this.#isStart(packet, block)) {
      this.#state = 'reached';
      this.#onReached(packet, block);
    }
    return this.#state === 'reached';
  }
}
