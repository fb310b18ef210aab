import type { RtmpPublisher } from '@cloudpush/transport';
import type { SegmentState, SegmentTotals } from '../../protocol/stream.js';
import type { CodecTrial } from '../channel/codec-trial.js';
import type { ShardContext } from '../shard-context.js';
import type { SpoolOpener } from '../spool/destination-spool.js';
import type { DestinationOwner } from './destination-owner.js';
import type { StreamHeaders } from './stream-headers.js';

/** The connections that a stream goes out on. */
export interface StreamConnections {
  /** Undefined while nothing is being published. */
  readonly publisher: RtmpPublisher | undefined;
  /** The name that is being published, without its query. */
  readonly streamName: string;
  /** Another connection waits to take the stream up: call {@link move} where it can. */
  readonly canMove: boolean;
  /**
   * Hands the stream over to the connection that waits, and ends the old one cleanly.
   * @returns the publisher that takes it up, or undefined when it has yet to be made
   */
  move(): RtmpPublisher | undefined;
  /**
   * Publishes the next stream: on the connection that stands, or on another.
   * @returns true when it is another one although none was lost
   */
  nextStream(): boolean;
  /** Everything of a segment has been handed over. */
  endStream(): void;
  /** The publisher has said "no more". */
  watch(): void;
  /** Makes the connection again at once, though it is well: nothing is held against its server. */
  remake(cause: Error): void;
  /** What was lost with a connection that was left, and ended like this, is sent again. */
  forgetFlaw(flaw: Error): void;
  /** Resets the connection now, and for good. */
  destroy(error: Error): void;
}

/** The destination of a stream: how far it has come with its end, and what it is told. */
export interface StreamOwner {
  /** Nothing follows what the stream has. */
  readonly isClosing: boolean;
  /** The stream goes on over another connection. */
  onMoved(publisher: RtmpPublisher): void;
  /** The stream has left its connection in good order, and another has yet to be made. */
  onMoving(): void;
  /**
   * A segment has been handed over to its end; `taken` is false when its tail was lost with the connection.
   */
  onSegmentEnd(totals: SegmentTotals, taken: boolean): void;
  /** Nothing waits any more. */
  onEmpty(): void;
}

/** The parts of a destination that its stream works with. */
export interface DestinationStreamParts {
  readonly owner: StreamOwner;
  readonly channel: DestinationOwner;
  readonly context: ShardContext;
  readonly connections: StreamConnections;
  readonly trial: CodecTrial;
  /** Those of a stream that is under way: the destination joins it at a key frame. */
  readonly headers: StreamHeaders;
  readonly segment: SegmentState;
  /** Makes the spool of the stream; undefined: it has none. */
  readonly openSpool: SpoolOpener | undefined;
}
