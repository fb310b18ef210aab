import { FIRST_PLACE, type GroupEntry, isBefore, type SpoolPlace } from './group-entry.js';
import type { SegmentFile } from './segment-file.js';

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

/** A longer step, in ms, is one of the stream's clock, and none of its media. */
const MAX_STEP_MS = 10_000;

/** ms of media from one timestamp, if there is one, to another, on a clock of 32 bits. */
export function mediaStep(from: number | undefined, to: number): number {
  const ms = (to - (from ?? to)) | 0;
  return ms > 0 && ms <= MAX_STEP_MS ? ms : 0;
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
  /** Its file, until it is whole: its groups are known from here, and from its index afterwards. */
  file: SegmentFile | undefined;
  #lastTimestamp: number | undefined;
  /** Groups that are damaged, and were told of. */
  readonly #damaged = new Set<number>();

  constructor(number: number, headerBytes: number, start: number) {
    this.number = number;
    this.headerBytes = headerBytes;
    this.bytes = headerBytes;
    this.start = start;
    this.end = start;
  }

  /** Takes other facts for it: it is whole. */
  reset(groups: readonly GroupEntry[], bytes: number): void {
    this.file = undefined;
    this.isFinished = true;
    this.groups = 0;
    this.ms = 0;
    this.#lastTimestamp = undefined;
    for (const group of groups) this.addGroup(group);
    this.bytes = bytes;
  }

  /**
   * A reader has found a group damaged, or all from this one on.
   * @returns false: an earlier one had, too
   */
  noteDamaged(group: number): boolean {
    const isNew = !this.#damaged.has(group);
    this.#damaged.add(group);
    return isNew;
  }

  addGroup({ firstTimestamp, lastTimestamp, firstWall, lastWall }: GroupEntry): void {
    if (this.groups++ === 0) this.start = firstWall;
    this.end = lastWall;
    this.ms += mediaStep(this.#lastTimestamp, firstTimestamp);
    this.ms += Math.max(0, (lastTimestamp - firstTimestamp) | 0);
    this.#lastTimestamp = lastTimestamp;
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

  /** Whether all of a part lies before the place that is acknowledged. */
  isAcknowledged({ number, groups, isFinished }: PartRecord): boolean {
    return isFinished && !isBefore(this.acknowledged, { segment: number, group: groups });
  }
}
