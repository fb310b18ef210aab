/** The disk spool: what a destination could not send, kept on disk until it can. */

export { diskIo } from './disk-io.js';
export { encodeWallClock, type GapFacts, gapMetadata, readGapFacts, readWallClock } from './gap-stream.js';
export { FIRST_PLACE, isBefore, type SpoolPlace } from './group-entry.js';
export type { SpoolGroup } from './group-reader.js';
export { type SeriesOwnerNames, seriesName } from './series-name.js';
export type { SpoolLoss } from './series-owner.js';
export { SpoolBudget, type SpoolExpiry, type SpoolLimits } from './spool-budget.js';
export type { SpoolCounters, SpoolRemoval } from './spool-counters.js';
export type { SpoolGap, SpoolPart } from './spool-gap.js';
export type { SpoolFile, SpoolIo } from './spool-io.js';
export { SpoolLock } from './spool-lock.js';
export { DEFAULT_POLICY, SpoolBacklog, type SpoolPolicy, type SpoolSync } from './spool-policy.js';
export { SpoolSeries, type SpoolSeriesParts } from './spool-series.js';
export type { SpoolHold, SpoolTag } from './spool-tag.js';
