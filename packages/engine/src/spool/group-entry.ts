/** A group of pictures in a segment: one line of its index. */
export interface GroupEntry {
  /** Where it begins in the file. */
  readonly offset: number;
  /** Its bytes, with the mark at its end. */
  readonly bytes: number;
  /** CRC-32 of all of them but the last 13: the checksum itself, and PreviousTagSize. */
  readonly crc: number;
  readonly firstTimestamp: number;
  readonly lastTimestamp: number;
  /** Wall clock of its first and last tag, ms since 1970. */
  readonly firstWall: number;
  readonly lastWall: number;
  /** Tags without marks. */
  readonly tags: number;
  /** Decoding can start at it; false for the rest of a group that was too long for one entry. */
  readonly isStart: boolean;
}

/** Where a reader goes on: the next group is the one of this number in this segment. */
export interface SpoolPlace {
  /** Number of the segment in its gap, from 1. */
  readonly segment: number;
  /** Number of the group in its segment, from 0. */
  readonly group: number;
}

/** The place before everything. */
export const FIRST_PLACE: SpoolPlace = { segment: 0, group: 0 };

/** Whether `a` lies before `b`. */
export function isBefore(a: SpoolPlace, b: SpoolPlace): boolean {
  return a.segment < b.segment || (a.segment === b.segment && a.group < b.group);
}
