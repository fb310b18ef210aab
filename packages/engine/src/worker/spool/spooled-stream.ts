import type { RtmpPublisher } from '@cloudpush/transport';
import type { Backlog } from '../destination/backlog.js';
import type { DestinationOwner } from '../destination/destination-owner.js';
import type { QueuedTag } from '../destination/send-queue.js';
import type { StreamHeaders } from '../destination/stream-headers.js';

/** The connections of a stream, as its spool needs them. */
interface SpooledConnections {
  /** Makes the present one again, though it is well: `cause` is how one that the stream has left has ended. */
  remake(cause: Error): void;
  /**
   * What was lost with one that the stream had left, and that ended like this, is sent again: it is no part of
   * how the destination ends.
   */
  forgetFlaw(flaw: Error): void;
}

/** The stream of a destination, as its spool needs it. */
export interface SpooledStream {
  readonly backlog: Backlog;
  readonly connections: SpooledConnections;
  /** As its connection has met them. */
  readonly headers: StreamHeaders;
  readonly channel: Pick<DestinationOwner, 'bitrates' | 'admission'>;
  /** Undefined while nothing is being published. */
  readonly publisher: RtmpPublisher | undefined;
  /** The name under which it is published. */
  readonly streamName: string | undefined;
  /** The segment that is being sent. */
  readonly segment: number;
  /** Nothing waits, and the connection has room. */
  readonly isIdle: boolean;
  /** Headers go out again in front of the next tag: they have changed meanwhile. */
  restart(): void;
  /** Takes a tag that was kept elsewhere, and sends it if it may go out. */
  push(entry: QueuedTag): void;
  /** Sends what waits, as far as it may go, and hands it to the kernel. */
  sendWaiting(): void;
}
