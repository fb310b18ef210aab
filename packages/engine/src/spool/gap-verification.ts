import { loadGone, loadSegment, segmentPaths, unconfirmedOf } from './segment-loader.js';
import { SegmentReader } from './segment-reader.js';
import type { SpoolGap, SpoolPart } from './spool-gap.js';
import type { SpoolIo } from './spool-io.js';

/** Faults of a gap, and how much of it is right. */
export interface GapDamage {
  /** Groups and tags that are as they were written. */
  readonly groups: number;
  readonly tags: number;
  /** Groups that are not. */
  readonly damagedGroups: number;
  /** Groups that an index names, that were not confirmed, and that are not there. */
  readonly missingGroups: number;
  /** Segments whose headers are damaged: their groups cannot be decoded without those of another. */
  readonly damagedHeaders: number;
  /** Bytes behind the last group that can be trusted: the remains of a write that was cut off. */
  readonly cutBytes: number;
}

const NO_DAMAGE: GapDamage = {
  groups: 0,
  tags: 0,
  damagedGroups: 0,
  missingGroups: 0,
  damagedHeaders: 0,
  cutBytes: 0,
};

/** Reads all of a gap, and compares every checksum. */
export async function verifyGap(io: SpoolIo, folder: string, gap: SpoolGap): Promise<GapDamage> {
  let damage = NO_DAMAGE;
  const gone: SpoolPart[] = [];
  for (const part of gap.parts) {
    const found = await verifyPart(io, folder, gap, part);
    if (found === undefined) gone.push(part);
    else damage = sum(damage, found);
  }
  // Of a segment that is being removed, the index goes last: it has had time to go.
  for (const { number } of gone) {
    const loaded = await loadGone(io, folder, { gap: gap.number, segment: number });
    const missing = loaded === undefined ? [] : unconfirmedOf(loaded, number, gap.acknowledged);
    damage = sum(damage, { ...NO_DAMAGE, missingGroups: missing.length });
  }
  return damage;
}

/** Undefined: the segment has no media. */
async function verifyPart(
  io: SpoolIo,
  folder: string,
  gap: SpoolGap,
  part: SpoolPart,
): Promise<GapDamage | undefined> {
  const name = { gap: gap.number, segment: part.number };
  try {
    const loaded = await loadSegment(io, folder, name);
    if (loaded === undefined) return { ...NO_DAMAGE, damagedGroups: part.groups, damagedHeaders: 1 };
    const reader = await SegmentReader.open(io, segmentPaths(folder, name).media, loaded.head.headerBytes);
    try {
      let groups = 0;
      let tags = 0;
      for (const group of loaded.groups) {
        const read = await reader.read(group);
        if (read === undefined) continue;
        groups++;
        tags += read.length;
      }
      const damagedGroups = loaded.groups.length - groups;
      const missingGroups = unconfirmedOf(loaded, part.number, gap.acknowledged).length;
      const damagedHeaders = reader.headers.length === 0 ? 1 : 0;
      const cutBytes = loaded.fileBytes - loaded.validBytes;
      return { groups, tags, damagedGroups, missingGroups, damagedHeaders, cutBytes };
    } finally {
      await reader.close();
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function sum(a: GapDamage, b: GapDamage): GapDamage {
  return {
    groups: a.groups + b.groups,
    tags: a.tags + b.tags,
    damagedGroups: a.damagedGroups + b.damagedGroups,
    missingGroups: a.missingGroups + b.missingGroups,
    damagedHeaders: a.damagedHeaders + b.damagedHeaders,
    cutBytes: a.cutBytes + b.cutBytes,
  };
}
