import { crc32 } from 'node:zlib';
import { TagRole, TagType } from '@cloudpush/muxer';
import type { GroupEntry } from './group-entry.js';
import {
  decodeMark,
  FILE_HEADER_SIZE,
  MARK_TAIL_SIZE,
  type Mark,
  MarkKind,
  TAG_FRAME_SIZE,
  TAG_HEADER_SIZE,
  TAG_TRAILER_SIZE,
} from './segment-format.js';
import type { SpoolFile } from './spool-io.js';
import { roleOf } from './spool-tag.js';

/** Bytes that are read at a time. */
const WINDOW = 1024 * 1024;

/** A tag in bytes. */
export interface FramedTag {
  readonly type: TagType;
  readonly timestamp: number;
  readonly body: Buffer;
  /** Header, body and PreviousTagSize. */
  readonly bytes: Buffer;
}

/** Bytes of a tag by its header, if it is one of the spool's; 0 if it is none. */
export function framedSize(header: Buffer): number {
  const type = header[0]!;
  if (type !== TagType.audio && type !== TagType.video && type !== TagType.scriptData) return 0;
  if (header.readUIntBE(8, 3) !== 0) return 0;
  return TAG_FRAME_SIZE + header.readUIntBE(1, 3);
}

/** A whole tag; undefined where its PreviousTagSize (FLV E.3) is wrong. */
export function framedTag(bytes: Buffer): FramedTag | undefined {
  const end = bytes.length - TAG_TRAILER_SIZE;
  if (bytes.readUInt32BE(end) !== end) return undefined;
  const timestamp = bytes.readUIntBE(4, 3) + bytes[7]! * 2 ** 24;
  return { type: bytes[0] as TagType, timestamp, body: bytes.subarray(TAG_HEADER_SIZE, end), bytes };
}

const EMPTY: Buffer = Buffer.alloc(0);

/** Reads a file from a place on, tag by tag. */
class TagCursor {
  readonly #file: SpoolFile;
  position: number;
  #window = EMPTY;
  #windowStart = 0;

  constructor(file: SpoolFile, position: number) {
    this.#file = file;
    this.position = position;
  }

  /** The next tag; undefined where no whole and valid one follows: then there is nothing behind it either. */
  async next(): Promise<FramedTag | undefined> {
    const header = await this.#bytes(TAG_HEADER_SIZE);
    if (header === undefined) return undefined;
    const size = framedSize(header);
    if (size === 0) return undefined;
    const bytes = await this.#bytes(size);
    this.position += size;
    return bytes === undefined ? undefined : framedTag(bytes);
  }

  async #bytes(size: number): Promise<Buffer | undefined> {
    const from = this.position - this.#windowStart;
    if (from + size > this.#window.length) {
      const window = Buffer.allocUnsafeSlow(Math.max(WINDOW, size));
      const count = await this.#file.read(window, this.position);
      this.#window = window.subarray(0, count);
      this.#windowStart = this.position;
      return count < size ? undefined : window.subarray(0, size);
    }
    return this.#window.subarray(from, from + size);
  }
}

/** Bytes of what a segment begins with, up to and with its mark; undefined where that is not whole. */
export async function scanHeaders(file: SpoolFile): Promise<Buffer | undefined> {
  const head = Buffer.alloc(FILE_HEADER_SIZE);
  if ((await file.read(head, 0)) < FILE_HEADER_SIZE || head.toString('latin1', 0, 3) !== 'FLV')
    return undefined;
  const cursor = new TagCursor(file, FILE_HEADER_SIZE);
  const parts: Buffer[] = [head];
  let crc = crc32(head);
  for (let tag = await cursor.next(); tag !== undefined; tag = await cursor.next()) {
    parts.push(tag.bytes);
    const mark = decodeMark(tag.type, tag.body);
    if (mark !== undefined)
      return mark.kind === MarkKind.headers && isOf(mark, tag, crc) ? Buffer.concat(parts) : undefined;
    crc = crc32(tag.bytes, crc);
  }
  return undefined;
}

/**
 * The groups of a file from a place on, as far as marks vouch for every byte. The last one may be the
 * beginning of a group, up to its last good mark.
 */
export async function scanGroups(file: SpoolFile, from: number): Promise<GroupEntry[]> {
  const groups: GroupEntry[] = [];
  const cursor = new TagCursor(file, from);
  let scan = new GroupScan(from);
  for (let tag = await cursor.next(); tag !== undefined; tag = await cursor.next()) {
    const mark = decodeMark(tag.type, tag.body);
    if (mark === undefined) scan.add(tag);
    else {
      if (!scan.confirm(mark, tag, cursor.position)) break;
      if (mark.kind === MarkKind.end) {
        groups.push(scan.entry!);
        scan = new GroupScan(cursor.position);
      } else scan.addMark(tag);
    }
  }
  if (scan.entry !== undefined) groups.push(scan.entry);
  return groups;
}

/** Whether a mark sums up itself and the bytes before it. */
function isOf({ crc }: Mark, { bytes }: FramedTag, before: number): boolean {
  return crc === crc32(bytes.subarray(0, -MARK_TAIL_SIZE), before);
}

/** One group while it is scanned. */
class GroupScan {
  readonly #offset: number;
  #crc = 0;
  #tags = 0;
  #isStart = false;
  #hasVideo = false;
  #first = 0;
  #last = 0;
  /** The group up to the last mark that fitted. */
  entry: GroupEntry | undefined;

  constructor(offset: number) {
    this.#offset = offset;
  }

  add({ type, timestamp, body, bytes }: FramedTag): void {
    if (this.#tags++ === 0) {
      this.#first = timestamp;
      this.#isStart = roleOf(type, body) === TagRole.keyFrame;
    }
    this.#hasVideo ||= type === TagType.video;
    this.#last = timestamp;
    this.#crc = crc32(bytes, this.#crc);
  }

  addMark({ bytes }: FramedTag): void {
    this.#crc = crc32(bytes, this.#crc);
  }

  /** The mark tells the sum of the bytes before it: the group is good up to here. */
  confirm(mark: Mark, tag: FramedTag, end: number): boolean {
    const { kind, crc, firstWall, lastWall } = mark;
    if (kind === MarkKind.headers || !isOf(mark, tag, this.#crc) || this.#tags === 0) return false;
    this.entry = {
      offset: this.#offset,
      bytes: end - this.#offset,
      crc,
      firstTimestamp: this.#first,
      lastTimestamp: this.#last,
      firstWall,
      lastWall,
      tags: this.#tags,
      isStart: this.#isStart || !this.#hasVideo,
    };
    return true;
  }
}
