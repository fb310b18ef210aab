import type { SourcePacket } from '../packet.js';
import type { PacketReader } from '../reader.js';

/** Reads a clip that lies whole in memory: every channel has a reader of its own over the same packets. */
export class ClipReader implements PacketReader {
  readonly #packets: readonly SourcePacket[];
  #index = 0;

  constructor(packets: readonly SourcePacket[]) {
    this.#packets = packets;
  }

  get ended(): boolean {
    return this.#index >= this.#packets.length;
  }

  next(): SourcePacket | undefined {
    const packet = this.#packets[this.#index];
    if (packet !== undefined) this.#index++;
    return packet;
  }

  more(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** Reads what `reader` has, as far as `until` (ms), into memory and closes it. */
export async function readClip(
  reader: PacketReader,
  until = Number.POSITIVE_INFINITY,
): Promise<SourcePacket[]> {
  const packets: SourcePacket[] = [];
  try {
    while (true) {
      const packet = reader.next();
      if (packet !== undefined) {
        packets.push({ ...packet });
        if (packet.dts >= until) return packets;
      } else if (reader.ended) {
        return packets;
      } else {
        await reader.more();
      }
    }
  } finally {
    await reader.close();
  }
}
