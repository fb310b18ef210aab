import type { PacketBlock } from './packet-block.js';

/**
 * A picture that waits for more of its slices, which come in packets of their own: the block of its first
 * packet, which takes those behind it along.
 */
export class HeldPicture {
  #block: PacketBlock | undefined;
  #number = 0;

  /** The muxer's name for the picture that waits; 0: none does. */
  get number(): number {
    return this.#number;
  }

  get isEmpty(): boolean {
    return this.#block === undefined;
  }

  /** A picture that begins in this packet waits from now on. */
  begin(block: PacketBlock, number: number): void {
    block.hold();
    this.#block = block;
    this.#number = number;
  }

  /** A packet holds more of the picture, or what ends it. */
  bring(block: PacketBlock): void {
    this.#block!.bring(block);
  }

  /** Hands the picture's block over, which its taker lets go of; undefined when none waits. */
  take(): PacketBlock | undefined {
    const block = this.#block;
    this.#block = undefined;
    this.#number = 0;
    return block;
  }
}
