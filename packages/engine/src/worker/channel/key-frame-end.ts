import type { PacketDescriptor } from './held-packets.js';
import type { PacketBlock } from './packet-block.js';

/** The end of a channel's media between two groups of pictures: nothing is taken from a key frame on. */
export class KeyFrameEnd {
  readonly #isKeyPicture: (packet: PacketDescriptor, block: PacketBlock) => boolean;
  readonly #onReached: () => void;
  #state: 'none' | 'awaited' | 'reached' = 'none';

  /** @param onReached the key frame has come that ends it */
  constructor(
    isKeyPicture: (packet: PacketDescriptor, block: PacketBlock) => boolean,
    onReached: () => void,
  ) {
    this.#isKeyPicture = isKeyPicture;
    this.#onReached = onReached;
  }

  /** The next key frame ends it. */
  begin(): void {
    if (this.#state === 'none') this.#state = 'awaited';
  }

  /** Whether a packet comes with that key frame or behind it. */
  isBehind(packet: PacketDescriptor, block: PacketBlock): boolean {
    if (this.#state === 'awaited' && this.#isKeyPicture(packet, block)) {
      this.#state = 'reached';
      this.#onReached();
    }
    return this.#state === 'reached';
  }
}
