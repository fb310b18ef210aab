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
  /** It was let go of while it was under way, and nothing that comes of it is kept. */
  isShed = false;
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
