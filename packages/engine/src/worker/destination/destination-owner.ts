import type { HevcForm } from '@cloudpush/muxer';
import type { RtmpPublisher } from '@cloudpush/transport';
import type { Bitrates } from '../../metadata/on-meta-data.js';
import type { SegmentTotals } from '../../protocol/stream.js';
import type { HeldPackets } from '../channel/held-packets.js';

/** Decides whether the servers of a channel's destinations take its stream. */
interface Admission {
  /** The form in which the stream goes on. */
  readonly hevcForm: HevcForm;
  /**
   * The form for H.265 that is not of the stream, such as on disk: the stream's, if it has one, else what
   * suits the server.
   * @param isRefused such a server has closed on the enhanced form
   * @throws RtmpError `ERR_CLOUDPUSH_CODEC_REFUSED`
   */
  formFor(publisher: RtmpPublisher, isRefused: boolean): HevcForm;
  /** Why a server cannot take the stream as it is muxed; undefined when it can. */
  refusalOf(publisher: RtmpPublisher): Error | undefined;
  /** The stream goes on over another connection: its server must take what is muxed as it is. */
  onMoved(destination: number, publisher: RtmpPublisher): void;
  /**
   * The server has refused H.265 in its enhanced form.
   * @returns true when the stream goes on in the older one
   */
  fallBack(destination: number, publisher: RtmpPublisher): boolean;
}

/** The channel that a destination belongs to; it knows the destination by its number. */
export interface DestinationOwner {
  /** The channel's number. */
  readonly number: number;
  /** Another destination is ahead of this one, and has room: the source must not wait for this one. */
  isLeftBehind(destination: number): boolean;
  /** The stream is about to begin: what there is of it waits for its second track. */
  readonly waitsForTrack: boolean;
  /** The stream begins without waiting any longer. */
  beginWithoutTrack(): void;
  /** The stream's bit rates, as far as they are known. */
  readonly bitrates: Bitrates;
  readonly admission: Admission;
  /** Packets that the channel keeps back until a server has been asked about them. */
  readonly heldPackets: HeldPackets;
  /** Publishing has begun, for the first time or again. */
  onPublishing(destination: number, publisher: RtmpPublisher): void;
  /** Nothing is being published any more, for now. */
  onLost(): void;
  /** The destination's queue is full now: always followed by {@link onRoom} or {@link onEnded}. */
  onFull(): void;
  /** Not full any more: the queue has shrunk below the low watermark. */
  onRoom(): void;
  /** The connection cannot carry a tag, for its size; it goes on with the next. */
  onRefused(error: Error): void;
  /**
   * A segment has been handed over to its end here; `taken` is false when its tail was lost with the
   * connection.
   */
  onSegmentEnd(destination: number, totals: SegmentTotals, taken: boolean): void;
  /** Everything is released: the last thing that a destination says. */
  onEnded(destination: number): void;
}
