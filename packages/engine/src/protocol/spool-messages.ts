import type { ErrorData } from '../base/errors.js';

/**
 * The stages of a gap: media has begun to go to disk; all of it has been sent; it stays on disk; it, or its
 * oldest part, was removed for its age or for room; it could not be written, or read.
 */
export type GapOutcome = 'opened' | 'sent' | 'kept' | 'expired' | 'lost';

/** Something has happened to a gap in a destination's stream. */
export interface GapReport {
  readonly outcome: GapOutcome;
  /** When its first media came, in ms since 1970. */
  readonly start: number;
  /** When its last media came; undefined: more may come. */
  readonly end: number | undefined;
  /** Bytes of the tags that it is about. */
  readonly bytes: number;
  /** ms of media. */
  readonly ms: number;
  /** The name of the last stream by which it was sent, without its query. */
  readonly streamName: string | undefined;
  /** Why it is lost. */
  readonly error: ErrorData | undefined;
}
