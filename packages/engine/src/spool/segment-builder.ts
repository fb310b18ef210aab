import { crc32 } from 'node:zlib';
import { TagRole, TagType } from '@cloudpush/muxer';
import type { GroupEntry } from './group-entry.js';
import {
  crcIn,
  encodeMark,
  encodeSegmentStart,
  MARK_SIZE,
  MarkKind,
  type SegmentFacts,
  TAG_FRAME_SIZE,
  TAG_HEADER_SIZE,
  writeTagHeader,
} from './segment-format.js';
import type { SpoolTag } from './spool-tag.js';

/** A group longer than this is cut, as a reader holds a whole group in memory. */
const MAX_GROUP_BYTES = 8 * 1024 * 1024;
const MAX_GROUP_MS = 10_000;
/** The length of groups where there are no pictures. */
const AUDIO_GROUP_MS = 1000;

/** How a tag goes on: within its group, with a place to start at, or with the rest of a long group. */
export type GroupBorder = 'none' | 'start' | 'more';

/** The bytes of one segment as they come up, and its groups. It writes nowhere itself. */
export class SegmentBuilder {
  readonly headerBytes: number;
  /** The bytes that the segment begins with. */
  readonly start: Buffer;
  /** Bytes so far. */
  size: number;
  /** Timestamp of the first tag. */
  #firstTimestamp: number | undefined;
  #group: { -readonly [key in keyof GroupEntry]: GroupEntry[key] } | undefined;
  /** A tag came after the last mark. */
  #isUnmarked = false;

  constructor(facts: SegmentFacts, headers: readonly SpoolTag[]) {
    this.start = encodeSegmentStart(facts, headers);
    this.headerBytes = this.start.length;
    this.size = this.start.length;
  }

  /** ms of media up to a timestamp. */
  msTo(timestamp: number): number {
    return this.#firstTimestamp === undefined ? 0 : elapsed(this.#firstTimestamp, timestamp);
  }

  /** Whether a group begins with this tag. */
  borderAt({ role, size, timestamp }: SpoolTag, hasVideo: boolean): GroupBorder {
    const group = this.#group;
    if (hasVideo ? role === TagRole.keyFrame : group === undefined) return 'start';
    if (group === undefined) return 'more';
    const ms = elapsed(group.firstTimestamp, timestamp);
    if (!hasVideo && ms >= AUDIO_GROUP_MS) return 'start';
    return group.bytes + size > MAX_GROUP_BYTES || ms >= MAX_GROUP_MS ? 'more' : 'none';
  }

  /** Adds the bytes of a tag to `parts`; its body is not copied. */
  add(tag: SpoolTag, wall: number, border: GroupBorder, parts: Uint8Array[]): void {
    if (this.#group === undefined) this.#begin(tag, wall, border !== 'more');
    this.#firstTimestamp ??= tag.timestamp;
    const group = this.#group!;
    const frame = Buffer.allocUnsafe(TAG_FRAME_SIZE);
    writeTagHeader(frame, 0, tag);
    frame.writeUInt32BE(TAG_HEADER_SIZE + tag.size, TAG_HEADER_SIZE);
    const head = frame.subarray(0, TAG_HEADER_SIZE);
    const trailer = frame.subarray(TAG_HEADER_SIZE);
    let crc = crc32(head, group.crc);
    parts.push(head);
    for (const part of tag.parts) {
      crc = crc32(part, crc);
      parts.push(part);
    }
    group.crc = crc32(trailer, crc);
    parts.push(trailer);
    group.bytes += TAG_FRAME_SIZE + tag.size;
    group.lastTimestamp = tag.timestamp;
    group.lastWall = wall;
    group.tags++;
    this.size += TAG_FRAME_SIZE + tag.size;
    this.#isUnmarked = true;
  }

  /** Ends the group that is under way, with a mark in `parts`. */
  endGroup(parts: Uint8Array[]): GroupEntry {
    const group = this.#group!;
    const mark = this.#mark(MarkKind.end);
    parts.push(mark);
    this.#group = undefined;
    return { ...group, bytes: this.size - group.offset, crc: crcIn(mark) };
  }

  /** Puts a mark behind what came since the last one: it can be trusted without what follows. */
  mark(parts: Uint8Array[]): void {
    const group = this.#group;
    if (group === undefined || !this.#isUnmarked) return;
    const mark = this.#mark(MarkKind.within);
    group.crc = crc32(mark, group.crc);
    group.bytes += MARK_SIZE;
    parts.push(mark);
  }

  #begin({ timestamp }: SpoolTag, wall: number, isStart: boolean): void {
    this.#group = {
      offset: this.size,
      bytes: 0,
      crc: 0,
      firstTimestamp: timestamp,
      lastTimestamp: timestamp,
      firstWall: wall,
      lastWall: wall,
      tags: 0,
      isStart,
    };
  }

  #mark(kind: MarkKind): Buffer {
    const { crc, firstWall, lastWall, lastTimestamp } = this.#group!;
    this.size += MARK_SIZE;
    this.#isUnmarked = false;
    return encodeMark({ kind, firstWall, lastWall }, lastTimestamp, crc);
  }
}

/** ms from one timestamp to another, on a clock of 32 bits. */
function elapsed(from: number, to: number): number {
  return (to - from) | 0;
}

/** Whether a tag is a picture. */
export function isVideo({ type }: SpoolTag): boolean {
  return type === TagType.video;
}
