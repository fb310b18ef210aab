import type { AudioTrackReport } from './audio-track-inspection.js';
import type { ListReport } from './bounded-list.js';
import type { Damage } from './damage-log.js';
import type { FileFormat } from './file-format.js';
import type { DataMessage, EventReport } from './script-data.js';
import type { SynchronizationReport } from './synchronization.js';
import type { VideoTrackReport } from './video-track-inspection.js';

/** The findings of one track. */
export type TrackReport = VideoTrackReport | AudioTrackReport;

/** The contents of a file, whatever its format. */
export interface ContentReport {
  /** Video before audio; FLV has one of each at most, unless it has multitrack tags. */
  readonly tracks: readonly TrackReport[];
  /** Left out unless there are both sound and pictures. */
  readonly synchronization?: SynchronizationReport;
  /** Every `onMetaData`, in order. Elementary streams have neither this nor events. */
  readonly metadata?: ListReport<DataMessage>;
  readonly events?: EventReport;
}

/**
 * The report on a file: a plain object, as `cloudpush inspect --json` writes it. Times are in ms, rates in
 * bits a second, offsets in bytes from the start of the file. What a file does not tell is left out. Lists
 * hold the first 100 of what they count. docs/inspect.md shows one.
 */
export interface FileReport extends ContentReport {
  /**
   * Of this structure. Properties may be added to it; when others change their meaning, or go, the number
   * rises.
   */
  readonly version: 1;
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  readonly format: FileFormat;
  /** Nothing is damaged. */
  readonly intact: boolean;
  /** Of the longest track, in ms; left out when there is none. */
  readonly duration?: number;
  readonly damage: ListReport<Damage>;
  /** One sentence each: what is odd, and hurts nobody. */
  readonly notices: readonly string[];
}
