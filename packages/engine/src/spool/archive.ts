/** Tools for spools: what is in one, whether it is whole, and how it gets out. */

export { FolderLock } from './folder-lock.js';
export { GapFileWriter } from './gap-export.js';
export { encodeWallClock, type GapFacts, gapMetadata, readGapFacts, readWallClock } from './gap-stream.js';
export type { GapDamage } from './gap-verification.js';
export type { SpoolPlace } from './group-entry.js';
export type { ReadEnd, SpoolGroup } from './group-reader.js';
export type { SeriesOwnerNames } from './series-name.js';
export { type ArchivedSeries, SpoolArchive } from './spool-archive.js';
export type { SpoolGap, SpoolPart } from './spool-gap.js';
export { SpoolLock } from './spool-lock.js';
export { roleOf, type SpoolTag } from './spool-tag.js';
