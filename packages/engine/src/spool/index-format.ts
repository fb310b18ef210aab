import { crc32 } from 'node:zlib';
import type { GroupEntry } from './group-entry.js';
import { type SegmentFacts, SPOOL_VERSION } from './segment-format.js';

/** The first line of an index. */
export interface IndexHead extends SegmentFacts {
  /** Bytes in front of the first group. */
  readonly headerBytes: number;
}

/** The lines of an index that are whole and follow from one another. */
export interface ParsedIndex {
  readonly head: IndexHead;
  readonly groups: GroupEntry[];
  /** Nothing was written behind the last group: the segment was finished. */
  readonly isFinished: boolean;
}

const NAME = 'cloudpush-spool';
const FINISHED = 'end';

export function headLine({ gap, segment, gapStart, headerBytes }: IndexHead): string {
  return checked(`${NAME} ${SPOOL_VERSION} ${gap} ${segment} ${gapStart} ${headerBytes}`);
}

export function groupLine(group: GroupEntry): string {
  const { offset, bytes, crc, firstTimestamp, lastTimestamp, firstWall, lastWall, tags } = group;
  const kind = group.isStart ? 'key' : 'more';
  return checked(
    `${kind} ${offset} ${bytes} ${firstTimestamp} ${lastTimestamp} ${firstWall} ${lastWall} ${tags} ${hex(crc)}`,
  );
}

export function endLine(): string {
  return checked(FINISHED);
}

/** Reads an index as far as it can be trusted; undefined where it does not even have its first line. */
export function parseIndex(text: string): ParsedIndex | undefined {
  const lines = text.split('\n');
  const head = parseHead(unchecked(lines[0]!));
  if (head === undefined) return undefined;
  const groups: GroupEntry[] = [];
  let end = head.headerBytes;
  for (const line of lines.slice(1)) {
    const fields = unchecked(line);
    if (fields === FINISHED) return { head, groups, isFinished: true };
    const group = parseGroup(fields);
    if (group === undefined || group.offset !== end) break;
    groups.push(group);
    end += group.bytes;
  }
  return { head, groups, isFinished: false };
}

function parseHead(fields: string | undefined): IndexHead | undefined {
  const [name, ...numbers] = fields?.split(' ') ?? [];
  const [version, gap, segment, gapStart, headerBytes] = numbers.map(Number);
  if (name !== NAME || version !== SPOOL_VERSION) return undefined;
  return { gap: gap!, segment: segment!, gapStart: gapStart!, headerBytes: headerBytes! };
}

function parseGroup(fields: string | undefined): GroupEntry | undefined {
  const [kind, ...rest] = fields?.split(' ') ?? [];
  if (kind !== 'key' && kind !== 'more') return undefined;
  const [offset, bytes, firstTimestamp, lastTimestamp, firstWall, lastWall, tags] = rest.map(Number);
  return {
    offset: offset!,
    bytes: bytes!,
    crc: Number.parseInt(rest[7]!, 16),
    firstTimestamp: firstTimestamp!,
    lastTimestamp: lastTimestamp!,
    firstWall: firstWall!,
    lastWall: lastWall!,
    tags: tags!,
    isStart: kind === 'key',
  };
}

/** A line with its own CRC-32 behind it. */
export function checked(fields: string): string {
  return `${fields} ${hex(crc32(fields))}\n`;
}

/** The fields of a line; undefined where its CRC-32 does not fit. */
export function unchecked(line: string): string | undefined {
  const end = line.lastIndexOf(' ');
  if (end === -1) return undefined;
  const fields = line.slice(0, end);
  return line.slice(end + 1) === hex(crc32(fields)) ? fields : undefined;
}

function hex(value: number): string {
  return value.toString(16).padStart(8, '0');
}
