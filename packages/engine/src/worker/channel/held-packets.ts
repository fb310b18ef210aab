import { monotonicNow } from '../../base/clock.js';
import type { Command } from '../../memory/ring.js';
import type { PacketBlock } from './packet-block.js';

/** What a descriptor tells of a packet: the ring's consumer stands at one. */
export interface PacketDescriptor {
  readonly command: Command;
  readonly codec: number;
  readonly flags: number;
  readonly bytes: number;
  readonly dts: number;
  readonly pts: number;
}

interface HeldPacket extends PacketDescriptor {
  readonly block: PacketBlock;
  /** When it came, ms of the monotonic clock. */
  readonly at: number;
}

/**
 * Packets that cannot be muxed yet, because the server has not been asked whether, and in which form, it takes their
 * codec. From the first such packet on all of a channel's packets wait here, so that their order is kept.
 */
export class HeldPackets {
  #packets: HeldPacket[] = [];
  #bytes = 0;
  #isEmpty = true;

  /** Bytes of the packets. */
  get bytes(): number {
    return this.#bytes;
  }

  /** How much earlier the oldest packet came than the newest, in ms. */
  get ms(): number {
    const [oldest] = this.#packets;
    const newest = this.#packets.at(-1);
    return oldest === undefined || newest === undefined ? 0 : newest.at - oldest.at;
  }

  get isEmpty(): boolean {
    return this.#isEmpty;
  }

  add({ command, codec, flags, bytes, dts, pts }: PacketDescriptor, block: PacketBlock): void {
    this.#packets.push({ command, codec, flags, bytes, dts, pts, block, at: monotonicNow() });
    this.#bytes += bytes;
    this.#isEmpty = false;
  }

  /** Gives up all packets, in their order. */
  takeAll(): HeldPacket[] {
    const packets = this.#packets;
    this.#packets = [];
    this.#bytes = 0;
    this.#isEmpty = true;
    return packets;
  }
}
