import type { AmfValue, RtmpPublisher } from '@cloudpush/transport';
import type { EngineClock } from '../../base/clock.js';
import type { FenceGuard } from '../fence-guard.js';
import type { ConnectLimiter } from './connect-limiter.js';
import type { ConnectionFactory } from './connection.js';
import type { TargetSource } from './target-source.js';

/** State of the segments of a destination. */
export interface SegmentStanding {
  /** Nothing is to be published before the next segment: a lost connection is not made again until then. */
  readonly isBetween: boolean;
  /** The segment that has ended has left to its last byte: the server may end the connection as well. */
  readonly isAtRest: boolean;
  /**
   * The next segment is to begin, nothing of it has been sent, and the one before has left to its last byte.
   */
  readonly isOpening: boolean;
}

/** The destination of a reconnector: what it decides, and what it is told. */
export interface ReconnectorOwner {
  /** Reason why a server that the stream could move to cannot take it; undefined when it can. */
  refusalOf(publisher: RtmpPublisher): Error | undefined;
  /** Publishing has begun, for the first time or again. */
  onPublishing(publisher: RtmpPublisher): void;
  /** There is room again after the publisher said "no more". */
  onDrain(): void;
  /** The server has sent a command or data message with a meaning of its own, such as `onLiveOpen`. */
  onCommand(name: string, args: AmfValue[]): void;
  /** Something that the user should know about the connection. */
  onWarning(message: string): void;
  /** False when a lost connection need not be made again: nothing is left to be sent. */
  readonly wantsConnection: boolean;
  readonly segments: SegmentStanding;
  /**
   * There is no connection until the next segment, although none was lost; `isMoving`: that one gets another
   * now, as the server has closed the one that was to carry it.
   */
  onLeave(isMoving: boolean): void;
  /** All connections that were left are closed; `error`: the last of what they held may not have arrived. */
  onLeftClosed(error: Error | undefined): void;
  /** The next stream is being published on the connection that stood. */
  onNextStream(): void;
  /** Judges the loss of a connection that had been publishing. */
  assess(error: Error): Assessment;
  /**
   * The connection is gone, or an attempt to make it has failed; the next attempt follows after `delay` ms.
   */
  onLost(error: Error, delay: number, wasPublishing: boolean): void;
  /** The last call. `error` is there unless it was closed, and the server knows. */
  onEnded(error: Error | undefined): void;
}

/** The meaning of a lost connection. */
export interface Assessment {
  /** The error to report. */
  readonly error: Error;
  /** The cause is known and mended: the connection is made again at once, whatever the policy says. */
  readonly mended: boolean;
}

/** The surroundings of a reconnector. */
export interface ReconnectorContext {
  readonly limiter: ConnectLimiter;
  readonly targets: TargetSource;
  readonly clock: EngineClock;
  readonly createConnection: ConnectionFactory;
  readonly fence?: FenceGuard | undefined;
}
