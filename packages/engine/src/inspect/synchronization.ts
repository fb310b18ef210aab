import type { TimestampTracker } from './timestamp-tracker.js';

/** Offset of the first audio track from the first video track, in ms: above 0, audio is later. */
export interface SynchronizationReport {
  /** Between the first sound and the first picture. */
  readonly startOffset: number;
  /** Between the end of the last sound and that of the last picture. */
  readonly endOffset: number;
  /** endOffset − startOffset: how far the tracks have moved apart on the way. */
  readonly drift: number;
}

export function synchronization(video: TimestampTracker, audio: TimestampTracker): SynchronizationReport {
  const startOffset = audio.start - video.start;
  const endOffset = audio.end - video.end;
  return { startOffset, endOffset, drift: endOffset - startOffset };
}
