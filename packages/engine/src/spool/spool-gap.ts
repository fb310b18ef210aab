import { FIRST_PLACE, type GroupEntry, groupMs, isBefore, type SpoolPlace } from './group-entry.js';

/** A gap of a destination that lies on disk: media that it has not been sent, or not for certain. */
export interface SpoolGap {
  /** From 1; a series gives no number twice. */
  readonly number: number;
  /** Wall clock of its beginning, ms since 1970; it stays when the first parts are gone. */
  readonly start: number;
  /** Wall clock of its last tag so far. */
  readonly end: number;
  /** Bytes that its files have, or are about to have. */
  readonly bytes: number;
  /** ms of media, of what is still there. */
  readonly ms: number;
  /** Segments that are still there: each is a file, and a part when it is sent. */
  readonly parts: readonly SpoolPart[];
  /** It is still being written. */
  readonly isOpen: boolean;
  /** The reader has confirmed everything before this place. */
  readonly acknowledged: SpoolPlace;
}

/** A segment of a gap. */
export interface SpoolPart {
  /** From 1; the numbers of parts that are gone are missing. */
  readonly number: number;
  readonly bytes: number;
  readonly ms: number;
  /** Groups of pictures, those that are whole. */
  readonly groups: number;
  /** Wall clock of its first and last tag, ms since 1970. */
  readonly start: number;
  readonly end: number;
  /** Nothing follows in it. */
  readonly isFinished: boolean;
}

/** {@link SpoolPart} while it changes. */
export class PartRecord implements SpoolPart {
  readonly number: number;
  readonly headerBytes: number;
  bytes: number;
  groups = 0;
  ms = 0;
  start: number;
  end: number;
  isFinished = false;
  /** Whole groups of a segment that is being written; those of others are read from their index. */
  live: GroupEntry[] | undefined;

  constructor(number: number, headerBytes: number, start: number) {
    this.number = number;
    this.headerBytes = headerBytes;
    this.bytes = headerBytes;
    this.start = start;
    this.end = start;
  }

  /** Takes other facts for it: nothing follows in it. */
  reset(groups: readonly GroupEntry[], bytes: number): void {
    this.live = undefined;
    this.isFinished = true;
    this.groups = 0;
    this.ms = 0;
    for (const group of groups) this.addGroup(group);
    this.bytes = bytes;
  }

  addGroup(group: GroupEntry): void {
    if (this.groups++ === 0) this.start = group.firstWall;
    this.end = group.lastWall;
    this.ms += groupMs(group);
  }
}

/** {@link SpoolGap} while it changes. */
export class GapRecord implements SpoolGap {
  readonly number: number;
  readonly start: number;
  readonly parts: PartRecord[] = [];
  isOpen: boolean;
  acknowledged: SpoolPlace = FIRST_PLACE;

  constructor(number: number, start: number, isOpen: boolean) {
    this.number = number;
    this.start = start;
    this.isOpen = isOpen;
  }

  get end(): number {
    return this.parts.at(-1)?.end ?? this.start;
  }

  get bytes(): number {
    return this.parts.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  get ms(): number {
    return this.parts.reduce((sum, { ms }) => sum + ms, 0);
  }

  /** The place behind everything that is there. */
  get endPlace(): SpoolPlace {
    const last = this.parts.at(-1);
    return last === undefined ? this.acknowledged : { segment: last.number, group: last.groups };
  }

  /** Whether all of a part lies before the place that is acknowledged. */
  isAcknowledged(part: PartRecord): boolean {
    const end = { segment: part.number, group: part.groups };
    return part.isFinished && !isBefore(this.acknowledged, end);
  }
}
