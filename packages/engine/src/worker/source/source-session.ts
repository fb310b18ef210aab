import type { CloudPushError } from '../../base/errors.js';
import type { SourceTracks } from '../../protocol/source-messages.js';

/**
 * One opening of a source: from the connection, file or process that it makes to its loss or end. A source
 * that is opened again has a new one.
 */
export interface SourceSession {
  /** It gives media as it comes: when nothing comes for a while, something is wrong with it. */
  readonly isLive: boolean;
  /** It has more to give, and waits for room in the pool. */
  readonly waitsForRoom: boolean;
  /** Begins. Its handler is not called from within. */
  start(): void;
  /** Time at which {@link tick} is to be called next, ms of the monotonic clock; Infinity: not by itself. */
  readonly nextTick: number;
  /** Time has passed, ms of the monotonic clock. */
  tick(now: number): void;
  /** There is room again for what the output had refused. */
  onRoom(): void;
  /** Publishes what it counts itself. */
  updateCounters(): void;
  /** Lets go of everything. Its handler is not called any more. */
  close(): void;
}

/** The listener of a session. */
export interface SessionHandler {
  /** Its tracks are known; packets follow. */
  onConnected(tracks: SourceTracks): void;
  /** It is over: lost, when there is an error; else it has come to its end. */
  onEnded(error: CloudPushError | undefined): void;
}
