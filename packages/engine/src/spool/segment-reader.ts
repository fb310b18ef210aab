import { crc32 } from 'node:zlib';
import type { GroupEntry } from './group-entry.js';
import {
  crcIn,
  decodeMark,
  FACTS_NAME,
  FILE_HEADER_SIZE,
  MARK_SIZE,
  MARK_TAIL_SIZE,
  TAG_HEADER_SIZE,
} from './segment-format.js';
import { type FramedTag, framedSize, framedTag } from './segment-scanner.js';
import type { SpoolFile, SpoolIo } from './spool-io.js';
import { roleOf, type SpoolTag } from './spool-tag.js';

/** AMF0 string marker and length in front of a name. */
const NAME_OFFSET = 3;

/** Reads the groups of one segment. */
export class SegmentReader {
  readonly #file: SpoolFile;
  /** The headers of its stream, in order; empty where they are damaged. */
  readonly headers: readonly SpoolTag[];

  private constructor(file: SpoolFile, headers: readonly SpoolTag[]) {
    this.#file = file;
    this.headers = headers;
  }

  static async open(io: SpoolIo, path: string, headerBytes: number): Promise<SegmentReader> {
    const file = await io.open(path, 'read');
    try {
      const bytes = Buffer.allocUnsafeSlow(headerBytes);
      const count = await file.read(bytes, 0);
      return new SegmentReader(file, count === headerBytes ? headersIn(bytes) : []);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** The tags of a group; undefined where a byte of it is not the one that was written. */
  async read({ offset, bytes, crc }: GroupEntry): Promise<SpoolTag[] | undefined> {
    const group = Buffer.allocUnsafeSlow(bytes);
    if ((await this.#file.read(group, offset)) < bytes) return undefined;
    const end = bytes - MARK_SIZE;
    if (end <= 0 || crc32(group.subarray(0, -MARK_TAIL_SIZE)) !== crc || crcIn(group) !== crc)
      return undefined;
    return tagsIn(group.subarray(0, end));
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

function headersIn(bytes: Buffer): SpoolTag[] {
  const end = bytes.length - MARK_SIZE;
  if (end < 0 || crcIn(bytes) !== crc32(bytes.subarray(0, -MARK_TAIL_SIZE))) return [];
  const tags = tagsIn(bytes.subarray(FILE_HEADER_SIZE, end)) ?? [];
  return tags.filter(({ parts }) => !isFacts(parts[0]!));
}

function isFacts(body: Uint8Array): boolean {
  const name = Buffer.from(body.buffer, body.byteOffset, body.length).toString('latin1', NAME_OFFSET);
  return name.startsWith(FACTS_NAME);
}

function tagsIn(bytes: Buffer): SpoolTag[] | undefined {
  const tags: SpoolTag[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (bytes.length - at < TAG_HEADER_SIZE) return undefined;
    const size = framedSize(bytes.subarray(at, at + TAG_HEADER_SIZE));
    if (size === 0 || at + size > bytes.length) return undefined;
    const tag = framedTag(bytes.subarray(at, at + size));
    if (tag === undefined) return undefined;
    if (decodeMark(tag.type, tag.body) === undefined) tags.push(spoolTag(tag));
    at += size;
  }
  return tags;
}

function spoolTag({ type, timestamp, body }: FramedTag): SpoolTag {
  return { type, role: roleOf(type, body), timestamp, parts: [body], size: body.length };
}
