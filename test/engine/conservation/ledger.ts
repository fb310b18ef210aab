import type { Kind, SourcePacket } from './source.js';

/** A packet of the source, and what its sender was told. */
export interface Entry {
  readonly packet: SourcePacket;
  readonly accepted: boolean;
  /** The segment that it belongs to; 0: it came between two of them. */
  readonly segment: number;
}

/** The packets that were sent, in the order of the source. */
export class Ledger {
  readonly entries: Entry[] = [];

  note(packet: SourcePacket, accepted: boolean, segment: number): void {
    this.entries.push({ packet, accepted, segment });
  }

  /** The id of the next packet. */
  get next(): number {
    return this.entries.length;
  }

  /** The packets that a destination was to take: all of a segment that were accepted while it was there. */
  owed(kind: Kind, from: number, to: number): SourcePacket[] {
    return this.entries
      .slice(from, to)
      .filter(({ packet, accepted, segment }) => accepted && segment > 0 && packet.kind === kind)
      .map(({ packet }) => packet);
  }

  /** Accepted, and refused by the worker thread, as it came between two segments. */
  get between(): number {
    return this.entries.filter(({ accepted, segment }) => accepted && segment === 0).length;
  }
}
