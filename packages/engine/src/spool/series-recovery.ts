import { join } from 'node:path';
import type { GroupEntry } from './group-entry.js';
import { endLine, groupLine, headLine } from './index-format.js';
import {
  type LoadedSegment,
  loadGone,
  loadSegment,
  parseSegmentName,
  type SegmentName,
  segmentPaths,
} from './segment-loader.js';
import { GapRecord, PartRecord } from './spool-gap.js';
import type { SpoolIo } from './spool-io.js';
import { removeIfThere, replaceText } from './text-file.js';

/** Hears of a segment whose index names groups that its file does not have. */
export type MissingListener = (name: SegmentName, loaded: LoadedSegment) => void;

interface FoundSegment extends SegmentName {
  /** Only its index is there. */
  readonly isGone: boolean;
}

/**
 * Finds the gaps in a folder. With `repair`, files are put into the state that their marks vouch for: what a
 * write that was cut off has left is taken away, and indexes are made whole. Without, a part has all groups
 * that its index names, also those that its file does not have.
 */
export async function findGaps(
  io: SpoolIo,
  folder: string,
  repair: boolean,
  onMissing: MissingListener = () => {},
): Promise<GapRecord[]> {
  const names = await io.list(folder);
  if (repair) await removeDrafts(io, folder, names);
  const gaps = new Map<number, GapRecord>();
  for (const name of segmentsIn(names)) {
    const loaded = name.isGone ? await loadGone(io, folder, name) : await loadIfThere(io, folder, name);
    if (loaded !== undefined && loaded.missing.length > 0) onMissing(name, loaded);
    if (repair) await repairSegment(io, folder, name, loaded);
    const groups = repair ? loaded?.groups : loaded && [...loaded.groups, ...loaded.missing];
    if (loaded === undefined || groups === undefined || groups.length === 0) continue;
    const gap = gaps.get(name.gap) ?? new GapRecord(name.gap, loaded.head.gapStart, false);
    gaps.set(name.gap, gap);
    gap.parts.push(partOf(name, loaded, groups));
  }
  return [...gaps.values()];
}

/** A segment may be confirmed, and removed, while others are read. */
async function loadIfThere(
  io: SpoolIo,
  folder: string,
  name: SegmentName,
): Promise<LoadedSegment | undefined> {
  try {
    return await loadSegment(io, folder, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** The segments that have media, or had, in order. */
function segmentsIn(names: readonly string[]): FoundSegment[] {
  const there = new Set(names);
  const segments: FoundSegment[] = [];
  for (const name of names) {
    const parsed = parseSegmentName(name);
    if (parsed === undefined) continue;
    const { gap, segment, kind } = parsed;
    const isGone = kind === 'idx';
    if (!isGone || !there.has(name.replace(/idx$/, 'flv'))) segments.push({ gap, segment, isGone });
  }
  return segments.sort((a, b) => a.gap - b.gap || a.segment - b.segment);
}

/** Drafts of files that were never put in their place. */
async function removeDrafts(io: SpoolIo, folder: string, names: readonly string[]): Promise<void> {
  for (const name of names) if (name.endsWith('.new')) await removeIfThere(io, join(folder, name));
}

/** Brings the files of a segment to what can be trusted. */
async function repairSegment(
  io: SpoolIo,
  folder: string,
  name: FoundSegment,
  loaded: LoadedSegment | undefined,
): Promise<void> {
  const paths = segmentPaths(folder, name);
  if (loaded === undefined || loaded.groups.length === 0) {
    if (!name.isGone) await removeIfThere(io, paths.media);
    await removeIfThere(io, paths.index);
    return;
  }
  if (loaded.isIndexed) return;
  if (loaded.fileBytes > loaded.validBytes) await cutFile(io, paths.media, loaded.validBytes);
  const lines = [headLine({ ...loaded.head, ...name }), ...loaded.groups.map(groupLine), endLine()];
  await replaceText(io, folder, paths.index, lines.join(''));
}

async function cutFile(io: SpoolIo, path: string, bytes: number): Promise<void> {
  const file = await io.open(path, 'write');
  try {
    await file.truncate(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

function partOf(
  { segment }: SegmentName,
  { head, validBytes }: LoadedSegment,
  groups: readonly GroupEntry[],
): PartRecord {
  const part = new PartRecord(segment, head.headerBytes, head.gapStart);
  part.reset(groups, validBytes);
  return part;
}
