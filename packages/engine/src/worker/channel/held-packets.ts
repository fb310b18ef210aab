import type { MonotonicClock } from '../../base/clock.js';
import type { Command } from '../../memory/ring.js';
import type { PacketBlock } from './packet-block.js';

/** The fields of a packet's descriptor: the ring's consumer stands at one. */
export interface PacketDescriptor {
  readonly command: Command;
  readonly codec: number;
  readonly flags: number;
  readonly bytes: number;
  readonly dts: number;
  readonly pts: number;
  /** The decoder configuration that stands beside the packet; undefined: it is in the stream. */
  readonly configuration: Uint8Array | undefined;
}

interface HeldPacket extends PacketDescriptor {
  readonly block: PacketBlock;
  /** Time at which it came, in ms of the monotonic clock. */
  readonly at: number;
}

/**
 * Packets that cannot be muxed yet, because the server has not been asked whether, and in which form, it
 * takes their codec. From the first such packet on all of a channel's packets wait here, so that their order
 * is kept.
 */
export class HeldPackets {
  readonly #clock: MonotonicClock;
  #packets: HeldPacket[] = [];
  #bytes = 0;
  #isEmpty = true;

  constructor(clock: MonotonicClock) {
    this.#clock = clock;
  }

  /** Bytes of the packets. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Time between the oldest packet and the newest, in ms. */
  get ms(): number {
    const [oldest] = this.#packets;
    const newest = this.#packets.at(-1);
    return oldest === undefined || newest === undefined ? 0 : newest.at - oldest.at;
  }

  get isEmpty(): boolean {
    return this.#isEmpty;
  }

  add(packet: PacketDescriptor, block: PacketBlock): void {
    const { command, codec, flags, bytes, dts, pts, configuration } = packet;
    this.#packets.push({
      command,
      codec,
      flags,
      bytes,
      dts,
      pts,
      configuration,
      block,
      at: this.#clock.now(),
    });
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
