import type { SourcePacket } from '../packet.js';
import { InvalidMedia, type PacketParser } from './packet-parser.js';
import { Pieces } from './pieces.js';

/** The header of an Ogg page in front of its segment table (RFC 3533 §6). */
const PAGE_HEADER_SIZE = 27;
/** No packet is longer than 120 ms (RFC 6716 §3.4). */
const MAX_DURATION = 120;
/** ms of a frame by config (RFC 6716 table 2): SILK, hybrid, CELT. */
const SILK = [10, 20, 40, 60];
const HYBRID = [10, 20];
const CELT = [2.5, 5, 10, 20];

/** Opus in Ogg (RFC 7845): its header, then one packet an Opus packet, timed by their durations. */
export class OpusParser implements PacketParser {
  readonly notices: string[] = [];
  readonly #pieces = new Pieces();
  #serial: number | undefined;
  #parts: Uint8Array[] = [];
  #count = 0;
  #time = 0;

  push(piece: Uint8Array): SourcePacket[] {
    this.#pieces.push(piece);
    const packets: SourcePacket[] = [];
    while (this.#page(packets));
    return packets;
  }

  end(): SourcePacket[] {
    const { length } = this.#pieces.data;
    if (length > 0) this.notices.push(`the last page is cut off: its ${length} bytes are left out`);
    return [];
  }

  /** Takes a page; returns false when its end has not come yet. */
  #page(packets: SourcePacket[]): boolean {
    const { data, offset } = this.#pieces;
    if (data.length < PAGE_HEADER_SIZE) return false;
    if (data.toString('latin1', 0, 4) !== 'OggS') throw new InvalidMedia('an Ogg page was expected', offset);
    const start = PAGE_HEADER_SIZE + data[26]!;
    if (data.length < start) return false;
    const table = data.subarray(PAGE_HEADER_SIZE, start);
    const size = table.reduce((sum, lacing) => sum + lacing, 0);
    if (data.length < start + size) return false;
    const serial = data.readUInt32LE(14);
    this.#serial ??= serial;
    this.#pieces.take(start);
    const body = this.#pieces.take(size);
    // Another stream in the same file is none of ours.
    if (serial === this.#serial) this.#segments(table, body, offset, packets);
    return true;
  }

  #segments(table: Uint8Array, body: Uint8Array, offset: number, packets: SourcePacket[]): void {
    let position = 0;
    for (const lacing of table) {
      this.#parts.push(body.subarray(position, position + lacing));
      position += lacing;
      if (lacing === 255) continue;
      const data = Buffer.concat(this.#parts);
      this.#parts = [];
      const packet = this.#packet(data, offset);
      if (packet !== undefined) packets.push(packet);
    }
  }

  #packet(data: Buffer, offset: number): SourcePacket | undefined {
    this.#count++;
    const time = this.#time;
    const common = { kind: 'audio', codec: 'opus', data, pts: time, dts: time, keyFrame: true } as const;
    if (this.#count === 1) {
      if (data.toString('latin1', 0, 8) !== 'OpusHead')
        throw new InvalidMedia('the Ogg stream is not Opus', offset);
      return { ...common, duration: 20, isHeader: true };
    }
    // OpusTags, and packets of nothing.
    if (this.#count === 2 || data.length === 0) return undefined;
    const duration = durationOf(data);
    if (!(duration > 0 && duration <= MAX_DURATION)) {
      throw new InvalidMedia(
        `an Opus packet lasts ${duration} ms; up to ${MAX_DURATION} are permitted`,
        offset,
      );
    }
    this.#time += duration;
    return { ...common, duration };
  }
}

/** ms, by the first bytes of a packet (RFC 6716 §3.1, §3.2). */
function durationOf(data: Uint8Array): number {
  const config = data[0]! >> 3;
  const code = data[0]! & 3;
  const frame = config < 12 ? SILK[config % 4]! : config < 16 ? HYBRID[config % 2]! : CELT[config % 4]!;
  return frame * (code === 0 ? 1 : code < 3 ? 2 : (data[1] ?? 0) & 0x3f);
}
