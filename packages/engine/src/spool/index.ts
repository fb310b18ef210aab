/** The disk spool: what a destination could not send, kept on disk until it can. */

export { ClosedSeries, ClosedSeriesSet } from './closed-series.js';
export { diskIo } from './disk-io.js';
export { encodeWallClock, type GapFacts, gapMetadata } from './gap-stream.js';
export { FIRST_PLACE, isBefore, type SpoolPlace } from './group-entry.js';
export type { ReadEnd, SpoolGroup } from './group-reader.js';
export { adoptSeries } from './series-adoption.js';
export { seriesName } from './series-name.js';
export type { SpoolLoss } from './series-owner.js';
export { SpoolBudget } from './spool-budget.js';
export { mediaStep, type SpoolGap } from './spool-gap.js';
export type { SpoolFile, SpoolIo } from './spool-io.js';
export { SpoolLock } from './spool-lock.js';
export { SpoolBacklog, type SpoolSync } from './spool-policy.js';
export { SpoolSeries } from './spool-series.js';
export type { SpoolHold, SpoolTag } from './spool-tag.js';
