import type { CloudPushError } from '../base/errors.js';

/**
 * State of a source: `'connecting'` until its tracks are known, `'streaming'`, `'stalled'` when it has been
 * silent for half of its time-out, `'retrying'` until it is opened again, `'ended'` at the end of a file or
 * command, `'failed'` when it is not opened again.
 */
export type SourceState = 'connecting' | 'streaming' | 'stalled' | 'retrying' | 'ended' | 'failed';

/** The figures and the state of a channel's source since the channel was opened. Counts never go back. */
export interface SourceStats {
  readonly state: SourceState;
  /** Time in this state, in ms. */
  readonly since: number;
  /** Bytes of media received. */
  readonly bytesReceived: number;
  /** Pictures received whole. */
  readonly videoFrames: number;
  /** Audio frames received whole. */
  readonly audioFrames: number;
  /**
   * Pictures and audio frames for which the pool had no room; pictures that refer to such a one are not sent
   * either.
   */
  readonly framesRefused: number;
  /** RTP packets received (RFC 3550). */
  readonly rtpPackets: number;
  /** RTP packets that never came. */
  readonly rtpLost: number;
  /** RTP packets that came late, and were put in order. */
  readonly rtpReordered: number;
  /** RTP packets that came more than once. */
  readonly rtpDuplicates: number;
  /** Pictures that were damaged by loss, or refer to one that was. They are not sent. */
  readonly damagedPictures: number;
  /** Number of times that it was opened again, and was there. */
  readonly reconnects: number;
  /** Interarrival jitter of the video, or else the audio track, in ms (RFC 3550 §6.4.1). */
  readonly jitter: number;
  /** Number of the try to open it, at hand or to come: 1 while it is there. */
  readonly attempt: number;
  /** Time at which it is opened again, in ms of `Date.now()`; only while `'retrying'`. */
  readonly nextRetryAt: number | undefined;
  /** Error with which it was lost, or could not be opened, the last time. */
  readonly lastError: CloudPushError | undefined;
  /** True while its `fallback` is sent in its place. Packets of the fallback do not count as received. */
  readonly fallback: boolean;
}
