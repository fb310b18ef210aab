interface EarlyPacket {
  readonly code: number;
  readonly bytes: Uint8Array;
}

/** Packets that come before PLAY's response: they wait for it, since it says where the tracks begin. */
export class EarlyMedia {
  /** Bytes that each packet counts in addition to its own, so that empty ones are limited too. */
  static readonly #OVERHEAD = 64;
  readonly #maxBytes: number;
  #packets: EarlyPacket[] = [];
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Keeps a copy of a packet; false: there is no more room, and it is lost. */
  hold(code: number, bytes: Uint8Array, start: number, end: number): boolean {
    const size = end - start + EarlyMedia.#OVERHEAD;
    if (this.#bytes + size > this.#maxBytes) return false;
    this.#bytes += size;
    this.#packets.push({ code, bytes: Uint8Array.prototype.slice.call(bytes, start, end) });
    return true;
  }

  /** Gives back all packets, in the order in which they came, and forgets them. */
  take(): readonly EarlyPacket[] {
    const packets = this.#packets;
    this.#packets = [];
    this.#bytes = 0;
    return packets;
  }
}
