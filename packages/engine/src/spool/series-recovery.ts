import { join } from 'node:path';
import { endLine, groupLine, headLine } from './index-format.js';
import {
  type LoadedSegment,
  loadSegment,
  parseSegmentName,
  type SegmentName,
  segmentPaths,
} from './segment-loader.js';
import { GapRecord, PartRecord } from './spool-gap.js';
import type { SpoolIo } from './spool-io.js';
import { removeIfThere, replaceText } from './text-file.js';

/**
 * Finds the gaps in a folder. With `repair`, files are put into the state that their marks vouch for: what a
 * write that was cut off has left is taken away, and indexes are made whole.
 */
export async function findGaps(io: SpoolIo, folder: string, repair: boolean): Promise<GapRecord[]> {
  const names = await io.list(folder);
  if (repair) await removeLeftovers(io, folder, names);
  const gaps = new Map<number, GapRecord>();
  for (const name of segmentsIn(names)) {
    const loaded = await loadIfThere(io, folder, name);
    if (repair) await repairSegment(io, folder, name, loaded);
    if (loaded === undefined || loaded.groups.length === 0) continue;
    const gap = gaps.get(name.gap) ?? new GapRecord(name.gap, loaded.head.gapStart, false);
    gaps.set(name.gap, gap);
    gap.parts.push(partOf(name, loaded));
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

/** The segments that have media, in order. */
function segmentsIn(names: readonly string[]): SegmentName[] {
  const segments: SegmentName[] = [];
  for (const name of names) {
    const parsed = parseSegmentName(name);
    if (parsed?.kind === 'flv') segments.push({ gap: parsed.gap, segment: parsed.segment });
  }
  return segments.sort((a, b) => a.gap - b.gap || a.segment - b.segment);
}

/** An index whose media is gone, and drafts of files that were never put in their place. */
async function removeLeftovers(io: SpoolIo, folder: string, names: readonly string[]): Promise<void> {
  const there = new Set(names);
  for (const name of names) {
    const isOrphan = parseSegmentName(name)?.kind === 'idx' && !there.has(name.replace(/idx$/, 'flv'));
    if (isOrphan || name.endsWith('.new')) await removeIfThere(io, join(folder, name));
  }
}

/** Brings the files of a segment to what can be trusted. */
async function repairSegment(
  io: SpoolIo,
  folder: string,
  name: SegmentName,
  loaded: LoadedSegment | undefined,
): Promise<void> {
  const paths = segmentPaths(folder, name);
  if (loaded === undefined || loaded.groups.length === 0) {
    await removeIfThere(io, paths.media);
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

function partOf({ segment }: SegmentName, { head, groups, validBytes }: LoadedSegment): PartRecord {
  const part = new PartRecord(segment, head.headerBytes, head.gapStart);
  part.reset(groups, validBytes);
  return part;
}
