import { crc32 } from 'node:zlib';
import { FlvWriter, TagRole, TagType } from '@cloudpush/muxer';
import { EcmaArray, encodeAmf0 } from '@cloudpush/transport';
import type { SpoolTag } from './spool-tag.js';

/** The version of the format; `docs/spool.md` specifies it byte for byte. */
export const SPOOL_VERSION = 1;
/** The FLV file header with PreviousTagSize0 (FLV E.2). */
export const FILE_HEADER_SIZE = 13;
/** The header of a tag (FLV E.4.1), and the PreviousTagSize behind it (FLV E.3). */
export const TAG_HEADER_SIZE = 11;
export const TAG_TRAILER_SIZE = 4;
export const TAG_FRAME_SIZE = TAG_HEADER_SIZE + TAG_TRAILER_SIZE;

/** Says what the bytes in front of a mark are. */
export const MarkKind = {
  /** The headers of the segment: everything from the start of the file. */
  headers: 0,
  /** A group that goes on behind the mark. */
  within: 1,
  /** A whole group. */
  end: 2,
} as const;
export type MarkKind = (typeof MarkKind)[keyof typeof MarkKind];

/** A tag of the spool's own, which makes all bytes before it checkable. */
export interface Mark extends MarkFacts {
  /** CRC-32 of the bytes from the start of the group, or of the file, to this number. */
  readonly crc: number;
}

/** Fields of a mark beside its checksum. */
export interface MarkFacts {
  readonly kind: MarkKind;
  /** Wall clock of the group's first tag, ms since 1970. */
  readonly firstWall: number;
  /** Wall clock of the last tag before the mark. */
  readonly lastWall: number;
}

const MARK_NAME = Buffer.from('onSpoolMark', 'latin1');
/** AMF0 markers (AMF 0 §2.1). */
const AMF_NUMBER = 0;
const AMF_STRING = 2;
const NAME_SIZE = 3 + MARK_NAME.length;
const NUMBER_SIZE = 9;
const MARK_BODY_SIZE = NAME_SIZE + 4 * NUMBER_SIZE;
/** Bytes of a mark in a file. */
export const MARK_SIZE = TAG_FRAME_SIZE + MARK_BODY_SIZE;
/** Bytes at the end of a mark that its own checksum is not of: the checksum, and PreviousTagSize. */
export const MARK_TAIL_SIZE = NUMBER_SIZE + TAG_TRAILER_SIZE;

const MARK_START = Buffer.concat([Buffer.from([AMF_STRING, 0, MARK_NAME.length]), MARK_NAME]);

/**
 * A name and four numbers as script data, framed as a tag.
 * @param crc of the bytes before the mark
 */
export function encodeMark({ kind, firstWall, lastWall }: MarkFacts, timestamp: number, crc: number): Buffer {
  const bytes = Buffer.alloc(MARK_SIZE);
  writeTagHeader(bytes, 0, { type: TagType.scriptData, timestamp, size: MARK_BODY_SIZE });
  MARK_START.copy(bytes, TAG_HEADER_SIZE);
  for (const [i, value] of [kind, firstWall, lastWall].entries()) writeNumber(bytes, i, value);
  writeNumber(bytes, 3, crc32(bytes.subarray(0, -MARK_TAIL_SIZE), crc));
  bytes.writeUInt32BE(TAG_HEADER_SIZE + MARK_BODY_SIZE, MARK_SIZE - TAG_TRAILER_SIZE);
  return bytes;
}

function writeNumber(mark: Buffer, i: number, value: number): void {
  const at = TAG_HEADER_SIZE + NAME_SIZE + i * NUMBER_SIZE;
  mark[at] = AMF_NUMBER;
  mark.writeDoubleBE(value, at + 1);
}

/** The checksum in the mark that bytes end with. */
export function crcIn(bytes: Buffer): number {
  return bytes.readDoubleBE(bytes.length - MARK_TAIL_SIZE + 1);
}

/** The mark in the body of a tag; undefined where it is another tag. */
export function decodeMark(type: number, body: Buffer): Mark | undefined {
  if (type !== TagType.scriptData || !isMarkBody(body)) return undefined;
  const number = (i: number): number => body.readDoubleBE(NAME_SIZE + i * NUMBER_SIZE + 1);
  return { kind: number(0) as MarkKind, firstWall: number(1), lastWall: number(2), crc: number(3) };
}

function isMarkBody(body: Buffer): boolean {
  if (body.length !== MARK_BODY_SIZE || !body.subarray(0, NAME_SIZE).equals(MARK_START)) return false;
  for (let at = NAME_SIZE; at < MARK_BODY_SIZE; at += NUMBER_SIZE) if (body[at] !== AMF_NUMBER) return false;
  return true;
}

/** Whether a tag would be taken for a mark when it is read again: the spool does not take it. */
export function looksLikeMark({ type, size, parts }: SpoolTag): boolean {
  if (type !== TagType.scriptData || size !== MARK_BODY_SIZE) return false;
  return isMarkBody(Buffer.concat(parts));
}

/** The header of a tag at a place (FLV E.4.1); StreamID is 0. */
export function writeTagHeader(
  target: Buffer,
  at: number,
  { type, timestamp, size }: Pick<SpoolTag, 'type' | 'timestamp' | 'size'>,
): void {
  target[at] = type;
  target.writeUIntBE(size, at + 1, 3);
  target.writeUIntBE(timestamp & 0xffffff, at + 4, 3);
  target[at + 7] = timestamp >>> 24;
  target.writeUIntBE(0, at + 8, 3);
}

/** Place of a segment in its gap. */
export interface SegmentFacts {
  /** Number of the gap in its series, from 1. */
  readonly gap: number;
  /** Number of the segment in its gap, from 1. */
  readonly segment: number;
  /** Wall clock at which the gap began, ms since 1970. */
  readonly gapStart: number;
}

/** Beginning of a segment: the file header, its place, the headers of its stream, and a mark. */
export function encodeSegmentStart(facts: SegmentFacts, headers: readonly SpoolTag[]): Buffer {
  const writer = new FlvWriter();
  const parts: Uint8Array[] = [
    writer.header({
      hasAudio: headers.some(({ type }) => type === TagType.audio) || !hasVideoHeader(headers),
      hasVideo: hasVideoHeader(headers),
    }),
  ];
  for (const tag of [factsTag(facts), ...headers]) parts.push(...writer.tag(tag));
  const bytes = Buffer.concat(parts);
  const wall = facts.gapStart;
  const mark = { kind: MarkKind.headers, firstWall: wall, lastWall: wall };
  return Buffer.concat([bytes, encodeMark(mark, headers[0]?.timestamp ?? 0, crc32(bytes))]);
}

function factsTag({ gap, segment, gapStart }: SegmentFacts): SpoolTag {
  const body = encodeAmf0(
    FACTS_NAME,
    new EcmaArray({
      version: SPOOL_VERSION,
      gap,
      gapPart: segment,
      gapStart: new Date(gapStart).toISOString(),
    }),
  );
  return { type: TagType.scriptData, role: TagRole.data, timestamp: 0, parts: [body], size: body.length };
}

/** The name of the script data that says which gap and part a file is. */
export const FACTS_NAME = 'onSpoolSegment';

/** Whether the headers announce pictures, so that groups begin at key frames. */
export function hasVideoHeader(headers: readonly SpoolTag[]): boolean {
  return headers.some(({ type }) => type === TagType.video);
}
