import { loadSegment, segmentPaths } from './segment-loader.js';
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
  /** Segments whose headers are damaged: their groups cannot be decoded without those of another. */
  readonly damagedHeaders: number;
  /** Bytes behind the last group that can be trusted: the remains of a write that was cut off. */
  readonly cutBytes: number;
}

const NO_DAMAGE: GapDamage = { groups: 0, tags: 0, damagedGroups: 0, damagedHeaders: 0, cutBytes: 0 };

/** Reads all of a gap, and compares every checksum. */
export async function verifyGap(io: SpoolIo, folder: string, gap: SpoolGap): Promise<GapDamage> {
  let damage = NO_DAMAGE;
  for (const part of gap.parts) damage = sum(damage, await verifyPart(io, folder, gap, part));
  return damage;
}

/** A segment that is gone meanwhile was confirmed, and has no damage. */
async function verifyPart(io: SpoolIo, folder: string, gap: SpoolGap, part: SpoolPart): Promise<GapDamage> {
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
      const damagedHeaders = reader.headers.length === 0 ? 1 : 0;
      return { groups, tags, damagedGroups, damagedHeaders, cutBytes: loaded.fileBytes - loaded.validBytes };
    } finally {
      await reader.close();
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return NO_DAMAGE;
    throw error;
  }
}

function sum(a: GapDamage, b: GapDamage): GapDamage {
  return {
    groups: a.groups + b.groups,
    tags: a.tags + b.tags,
    damagedGroups: a.damagedGroups + b.damagedGroups,
    damagedHeaders: a.damagedHeaders + b.damagedHeaders,
    cutBytes: a.cutBytes + b.cutBytes,
  };
}
