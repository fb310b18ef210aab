import { FlvTag } from '@cloudpush/muxer';
import {
  isBefore,
  mediaStep,
  type SpoolGap,
  type SpoolHold,
  type SpoolLoss,
  type SpoolPlace,
} from '../../spool/index.js';
import type { HevcFallback } from '../channel/hevc-fallback.js';
import type { StreamDescription } from '../channel/stream-metadata-tracker.js';
import type { StreamHeaders } from '../destination/stream-headers.js';
import { ShedMedia } from './shed-media.js';

/** A tag that a connection was handed, or that goes to disk instead. */
export interface SpooledTag<Hold extends SpoolHold = SpoolHold> {
  readonly tag: FlvTag;
  /** Its memory, held until the tag need not be kept any more; undefined: the tag owns it. */
  readonly block: Hold | undefined;
  readonly description: StreamDescription | undefined;
  /** When it came, ms since 1970. */
  readonly wall: number;
}

/** A group of pictures on disk. */
export interface DiskGroup {
  readonly gap: SpoolGap;
  readonly place: SpoolPlace;
}

/** The beginning of a group that a connection is handed. */
export interface GroupStart {
  /** Bytes that the connection had been handed before. */
  readonly position: number;
  /** In ms of the monotonic clock. */
  readonly at: number;
  /** The stream's headers there. */
  readonly headers: StreamHeaders;
  /** The segment that it belongs to. */
  readonly segment: number;
  /** Where it lies on disk already. */
  readonly disk: DiskGroup | undefined;
}

/** A group that a connection was handed, and that its server may not have. */
export class TailGroup {
  readonly start: GroupStart;
  /** In memory, unless the group is on disk. */
  readonly tags: SpooledTag[] = [];
  /** Undefined: in memory. */
  disk: DiskGroup | undefined;
  /** On disk is what came so far, and what comes goes there, too. */
  isWritten = false;
  bytes = 0;

  #end: SpoolPlace | undefined;

  constructor(start: GroupStart) {
    this.start = start;
    this.disk = start.disk;
  }

  /** Where it ends on disk: one that is long lies there as several. */
  get end(): SpoolPlace | undefined {
    if (this.#end !== undefined || this.disk === undefined) return this.#end;
    const { segment, group } = this.disk.place;
    return { segment, group: group + 1 };
  }

  /** It reaches to the end of another group on disk, where that one is of its gap. */
  extendBy(disk: DiskGroup | undefined): void {
    if (disk === undefined) return;
    const { segment, group } = disk.place;
    this.extendTo({ gap: disk.gap, place: { segment, group: group + 1 } });
  }

  /** Nothing between it and a place of its gap has to be sent. */
  extendTo({ gap, place }: DiskGroup): void {
    if (gap === this.disk?.gap && isBefore(this.end!, place)) this.#end = place;
  }

  /** It was not sent to its end: all of it has to be sent again. */
  cutShort(): void {
    this.#end = this.disk?.place;
  }

  /** Puts its headers, and what is in memory of it, into the older form of H.265. */
  fallBack(fallback: HevcFallback, description: StreamDescription | undefined): void {
    this.start.headers.fallBack(fallback, description);
    const legacy = legacyEntries(this.tags, fallback);
    this.tags.splice(0, this.tags.length, ...legacy);
    this.bytes = legacy.reduce((sum, { tag }) => sum + tag.size, 0);
  }

  /**
   * Puts what is in memory of it into memory of its own.
   * @returns whether any of it was in the pool
   */
  copy(): boolean {
    let isCopied = false;
    for (const [i, spooled] of this.tags.entries()) {
      if (spooled.block === undefined) continue;
      this.tags[i] = { ...spooled, tag: ownTag(spooled.tag), block: undefined };
      spooled.block.release();
      isCopied = true;
    }
    return isCopied;
  }

  /** @returns what was in memory of it */
  release(): SpoolLoss {
    const tags = this.tags.length;
    const { bytes } = this;
    let ms = 0;
    for (const [i, { tag, block }] of this.tags.entries()) {
      ms += mediaStep(this.tags[i - 1]?.tag.timestamp, tag.timestamp);
      block?.release();
    }
    this.tags.length = 0;
    this.bytes = 0;
    return { tags, bytes, ms };
  }
}

/** The same tag in memory of its own. */
export function ownTag({ type, role, timestamp, parts, size }: FlvTag): FlvTag {
  return new FlvTag(type, role, timestamp, [Buffer.concat(parts)], size, 0);
}

/** The same entries in the older form of H.265; those that have none for it are let go of. */
export function legacyEntries<Entry extends Pick<SpooledTag, 'tag' | 'block'>>(
  entries: readonly Entry[],
  fallback: HevcFallback,
): Entry[] {
  return entries.flatMap((entry) => {
    const tag = fallback.legacyOf(entry.tag);
    if (tag === undefined) entry.block?.release();
    return tag === undefined ? [] : [{ ...entry, tag }];
  });
}

/**
 * The end of a stream that a connection was handed, and that its server has not acknowledged: whole groups of
 * pictures, oldest first, so that they can be sent again.
 */
export class SentTail {
  /** Those that the present connection was handed. */
  #groups: TailGroup[] = [];
  /** Those before them: the connections that were handed them are being closed. */
  #left: TailGroup[] = [];
  /** Groups that were let go of before it was known whether they have arrived. */
  readonly shed = new ShedMedia<TailGroup>();

  get groups(): readonly TailGroup[] {
    return this.#left.length === 0 ? this.#groups : [...this.#left, ...this.#groups];
  }

  /** Something was handed to connections that are being closed. */
  get hasLeft(): boolean {
    return this.#left.length > 0;
  }

  /** The group under way. */
  get last(): TailGroup | undefined {
    return this.#groups.at(-1);
  }

  /** Bytes of tags in memory. */
  get bytes(): number {
    return this.groups.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Whether some of a gap may not have arrived. */
  holds(gap: SpoolGap): boolean {
    return this.firstOf(gap) !== undefined;
  }

  /** The first group that was sent of a gap, and may not have arrived. */
  firstOf(gap: SpoolGap): TailGroup | undefined {
    return this.groups.find(({ disk }) => disk?.gap === gap);
  }

  /** The last group that was sent of a gap. */
  lastOf(gap: SpoolGap): TailGroup | undefined {
    return this.groups.findLast(({ disk }) => disk?.gap === gap);
  }

  begin(start: GroupStart): TailGroup {
    const group = new TailGroup(start);
    this.#groups.push(group);
    return group;
  }

  /** Keeps a tag of the group under way in memory; its block was held for it. */
  add(spooled: SpooledTag): void {
    const group = this.last!;
    group.tags.push(spooled);
    group.bytes += spooled.tag.size;
  }

  /** The connection could not take a tag: where it was added last, it is let go of. */
  undo(tag: FlvTag): void {
    const group = this.last;
    const spooled = group?.tags.at(-1);
    if (group === undefined || spooled?.tag !== tag) return;
    group.tags.pop();
    group.bytes -= tag.size;
    spooled.block?.release();
  }

  /** The server has so many bytes: groups that lie before them are given back, to be let go of. */
  acknowledge(position: number): TailGroup[] {
    return this.#shiftWhile(({ start }) => start.position <= position);
  }

  /** Gives back groups behind which another one began before a time, in ms of the monotonic clock. */
  expire(before: number): TailGroup[] {
    return this.#shiftWhile(({ start }) => start.at <= before);
  }

  /**
   * Lets go of the oldest groups that are in memory, until so many bytes are left, or the group under way.
   */
  shrinkTo(bytes: number): void {
    const { last } = this;
    let over = this.bytes - bytes;
    const goes = (group: TailGroup): boolean => {
      if (over <= 0 || group === last || group.disk !== undefined) return false;
      over -= group.bytes;
      return true;
    };
    const left = this.#left.filter(goes);
    const present = this.#groups.filter(goes);
    for (const group of left) this.shed.addLeft(group.release());
    for (const group of present)
      this.shed.add(group.release(), this.#groups[this.#groups.indexOf(group) + 1]!);
    this.#left = this.#left.filter((group) => !left.includes(group));
    this.#groups = this.#groups.filter((group) => !present.includes(group));
  }

  /** The connection is being closed, with what it holds. */
  leave(): void {
    this.#left = [...this.groups];
    this.#groups = [];
    this.shed.leave();
  }

  /** Gives up what was handed to connections that are closed now. */
  takeLeft(): TailGroup[] {
    const left = this.#left;
    this.#left = [];
    return left;
  }

  /** The stream goes on over another connection: what the old one had is settled with it. */
  onMoved(): void {
    this.#groups = this.#groups.map((group) =>
      Object.assign(group, { start: { ...group.start, position: Number.NEGATIVE_INFINITY } }),
    );
  }

  /** Gives up the group under way. */
  pop(): TailGroup | undefined {
    return this.#groups.pop();
  }

  /** Gives up those groups that are on disk. */
  takeWritten(): TailGroup[] {
    const written = this.groups.filter(({ disk }) => disk !== undefined);
    this.#left = this.#left.filter(({ disk }) => disk === undefined);
    this.#groups = this.#groups.filter(({ disk }) => disk === undefined);
    return written;
  }

  /** Gives up all groups. */
  takeAll(): TailGroup[] {
    const groups = [...this.groups];
    this.#left = [];
    this.#groups = [];
    this.shed.forgetPresent();
    return groups;
  }

  /** A group can go when the one behind it is on the safe side. */
  #shiftWhile(isSafe: (next: TailGroup) => boolean): TailGroup[] {
    this.shed.settle(isSafe);
    let count = 0;
    while (count + 1 < this.#groups.length && isSafe(this.#groups[count + 1]!)) count++;
    return count === 0 ? [] : this.#groups.splice(0, count);
  }
}
