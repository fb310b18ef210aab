import { join } from 'node:path';
import { type GroupEntry, isBefore, type SpoolPlace } from './group-entry.js';
import { type IndexHead, parseIndex } from './index-format.js';
import { decodeMark, MARK_SIZE } from './segment-format.js';
import { framedTag, scanGroups, scanHeaders } from './segment-scanner.js';
import type { SpoolFile, SpoolIo } from './spool-io.js';
import { readText } from './text-file.js';

/** A segment as it lies on disk, as far as it can be trusted. */
export interface LoadedSegment {
  readonly head: IndexHead;
  readonly groups: readonly GroupEntry[];
  /** Groups at the end of its index that the file does not have. */
  readonly missing: readonly GroupEntry[];
  /** The number of the first of them. */
  readonly firstMissing: number;
  /** Bytes that can be trusted; more in the file are the remains of a write that was cut off. */
  readonly validBytes: number;
  readonly fileBytes: number;
  /** The index says all of this, and needs no repair. */
  readonly isIndexed: boolean;
}

/** The names of a segment's two files. */
export interface SegmentName {
  readonly gap: number;
  readonly segment: number;
}

const NAME = /^(\d{8,})-(\d{5,})\.(flv|idx)$/;

/** The name of a segment's file, without its ending. */
function segmentStem({ gap, segment }: SegmentName): string {
  return `${String(gap).padStart(8, '0')}-${String(segment).padStart(5, '0')}`;
}

/** The segment that a file belongs to; undefined for files of another kind. */
export function parseSegmentName(name: string): (SegmentName & { readonly kind: 'flv' | 'idx' }) | undefined {
  const match = NAME.exec(name);
  if (match === null) return undefined;
  return { gap: Number(match[1]), segment: Number(match[2]), kind: match[3] as 'flv' | 'idx' };
}

/** The paths of a segment's media and index. */
export function segmentPaths(folder: string, name: SegmentName): { media: string; index: string } {
  const path = join(folder, segmentStem(name));
  return { media: `${path}.flv`, index: `${path}.idx` };
}

/**
 * Reads a segment: its index as far as it goes, and beyond it what marks in the file vouch for.
 * @returns undefined where nothing of it can be used
 */
export async function loadSegment(
  io: SpoolIo,
  folder: string,
  name: SegmentName,
): Promise<LoadedSegment | undefined> {
  const paths = segmentPaths(folder, name);
  const file = await io.open(paths.media, 'read');
  try {
    return await loadOpen(file, name, await readText(io, paths.index));
  } finally {
    await file.close();
  }
}

async function loadOpen(
  file: SpoolFile,
  name: SegmentName,
  indexText: string | undefined,
): Promise<LoadedSegment | undefined> {
  const fileBytes = await file.size();
  const index = indexText === undefined ? undefined : parseIndex(indexText);
  const isOwn = index !== undefined && index.head.gap === name.gap && index.head.segment === name.segment;
  const head = isOwn ? index.head : await headOf(file, name);
  if (head === undefined) return undefined;
  const indexed = isOwn ? index.groups : [];
  const groups = indexed.filter(({ offset, bytes }) => offset + bytes <= fileBytes);
  const firstMissing = groups.length;
  const missing = indexed.slice(firstMissing);
  if (head.headerBytes > fileBytes)
    return missing.length === 0 ? undefined : nothingOf(head, missing, fileBytes);
  const isWhole = isOwn && missing.length === 0;
  if (!(isWhole && index.isFinished)) groups.push(...(await scanGroups(file, endOf(head, groups))));
  const validBytes = endOf(head, groups);
  const isIndexed = isWhole && index.isFinished && validBytes === fileBytes;
  return { head, groups, missing, firstMissing, validBytes, fileBytes, isIndexed };
}

function nothingOf(head: IndexHead, missing: readonly GroupEntry[], fileBytes: number): LoadedSegment {
  return { head, groups: [], missing, firstMissing: 0, validBytes: 0, fileBytes, isIndexed: false };
}

/**
 * What the index of a segment says whose media is gone: all of it is missing.
 * @returns undefined where there is no such index, or it names no group
 */
export async function loadGone(
  io: SpoolIo,
  folder: string,
  name: SegmentName,
): Promise<LoadedSegment | undefined> {
  const text = await readText(io, segmentPaths(folder, name).index);
  const index = text === undefined ? undefined : parseIndex(text);
  if (index === undefined || index.groups.length === 0) return undefined;
  const isOwn = index.head.gap === name.gap && index.head.segment === name.segment;
  return isOwn ? nothingOf(index.head, index.groups, 0) : undefined;
}

/** Groups of a segment that are missing, and that were not confirmed before. */
export function unconfirmedOf(
  { missing, firstMissing }: LoadedSegment,
  segment: number,
  place: SpoolPlace,
): readonly GroupEntry[] {
  return missing.filter((_, i) => !isBefore({ segment, group: firstMissing + i }, place));
}

function endOf(head: IndexHead, groups: readonly GroupEntry[]): number {
  const last = groups.at(-1);
  return last === undefined ? head.headerBytes : last.offset + last.bytes;
}

async function headOf(file: SpoolFile, name: SegmentName): Promise<IndexHead | undefined> {
  const headers = await scanHeaders(file);
  if (headers === undefined) return undefined;
  const gapStart = gapStartOf(headers);
  return gapStart === undefined ? undefined : { ...name, gapStart, headerBytes: headers.length };
}

/** The mark behind the headers carries the start of the gap as its wall clock. */
function gapStartOf(headers: Buffer): number | undefined {
  const mark = framedTag(headers.subarray(-MARK_SIZE));
  const wall = (mark && decodeMark(mark.type, mark.body)?.firstWall) ?? Number.NaN;
  return Number.isFinite(wall) ? wall : undefined;
}
