import { type FlvTag, TagRole } from '@cloudpush/muxer';
import type { Releasable, RtmpPublisher } from '@cloudpush/transport';
import type { MonotonicClock } from '../../base/clock.js';
import type { CodecTrial } from '../channel/codec-trial.js';
import { PacketBlock } from '../channel/packet-block.js';
import type { StreamDescription } from '../channel/stream-metadata-tracker.js';
import type { DestinationSpool } from '../spool/destination-spool.js';
import { StoredTag } from '../spool/stored-tag.js';
import type { Backlog } from './backlog.js';
import type { DestinationCounters } from './destination-counters.js';
import type { DestinationOwner } from './destination-owner.js';
import { isAudioFrame, isPicture } from './drop-policy.js';
import type { SegmentEndMarker, SegmentProgress } from './segment-progress.js';
import type { StreamHeaders } from './stream-headers.js';

/** The parts of a destination that its writer works with. */
interface StreamWriterParts {
  readonly owner: Pick<DestinationOwner, 'bitrates' | 'onRefused'>;
  readonly clock: MonotonicClock;
  readonly headers: StreamHeaders;
  /** The tags behind those that are written. */
  readonly queue: Backlog;
  readonly trial: CodecTrial;
  readonly counters: DestinationCounters;
  /** Watches a connection that has no room. */
  readonly watchdog: { watch(): void };
  /** The video sequence ends with a tag of its own. */
  readonly endOfSequence: boolean;
  readonly segment: SegmentProgress;
  /** Keeps what is sent until it has arrived; undefined: nobody does. */
  readonly spool: DestinationSpool | undefined;
}

/**
 * Writes a stream's tags to the connection that publishes it: on each connection, and in each segment,
 * headers first. It knows whether there is room for more, and how far the stream has come.
 */
export class StreamWriter {
  readonly #owner: Pick<DestinationOwner, 'bitrates' | 'onRefused'>;
  readonly #clock: MonotonicClock;
  readonly #headers: StreamHeaders;
  readonly #queue: Backlog;
  readonly #trial: CodecTrial;
  readonly #counters: DestinationCounters;
  readonly #watchdog: { watch(): void };
  readonly #endOfSequence: boolean;
  readonly #spool: DestinationSpool | undefined;
  #segment: SegmentProgress;
  /** Of the sequence on this connection: its headers have yet to be sent; they were; its end was. */
  #sequence: 'unstarted' | 'underway' | 'ended' = 'unstarted';
  #isWritable = true;
  /**
   * The time of the last tag that a connection was handed, in ms of the segment's clock; undefined before the
   * first.
   */
  #lastSent: number | undefined;
  /** Since when the stream is published, in ms of the monotonic clock; infinity: it is not. */
  #since = Number.POSITIVE_INFINITY;

  constructor(parts: StreamWriterParts) {
    this.#owner = parts.owner;
    this.#clock = parts.clock;
    this.#headers = parts.headers;
    this.#queue = parts.queue;
    this.#trial = parts.trial;
    this.#counters = parts.counters;
    this.#watchdog = parts.watchdog;
    this.#endOfSequence = parts.endOfSequence;
    this.#segment = parts.segment;
    this.#spool = parts.spool;
  }

  /** False from the moment the connection says "no more" to its {@link onDrain}. */
  get isWritable(): boolean {
    return this.#isWritable;
  }

  /** The next tag is the first of its connection, or of its segment. */
  get isAtStart(): boolean {
    return this.#sequence === 'unstarted';
  }

  /**
   * A tag may go out at once: there is room, and the stream has begun. It begins at the end of the turn: by
   * then its other track may have begun, too.
   */
  get isFlowing(): boolean {
    return this.#isWritable && this.#sequence !== 'unstarted';
  }

  /** Its stream is further on than that of `other`. */
  isAheadOf(other: StreamWriter): boolean {
    const segments = this.#segment.number - other.#segment.number;
    // Segments have clocks of their own.
    if (segments !== 0) return segments > 0;
    if (this.#lastSent === undefined || other.#lastSent === undefined) return this.#lastSent !== undefined;
    // The signed difference is right across the clock's wrap.
    return ((this.#lastSent - other.#lastSent) | 0) > 0;
  }

  /** The stream is published, for the first time or again. */
  onPublishing(): void {
    this.onMoved();
    this.#since = this.#clock.now();
  }

  /** The stream goes on over another connection, which has room. */
  onMoved(): void {
    this.#isWritable = true;
    this.#sequence = 'unstarted';
  }

  /** Nothing is being published any more. */
  onDown(): void {
    this.#since = Number.POSITIVE_INFINITY;
  }

  /** There is room again. */
  onDrain(): void {
    this.#isWritable = true;
  }

  /** Headers go out again in front of the next tag. */
  restart(): void {
    this.#sequence = 'unstarted';
  }

  startSegment(segment: SegmentProgress): void {
    this.#segment = segment;
    this.#lastSent = undefined;
    this.#sequence = 'unstarted';
  }

  /**
   * Writes a tag, with what must go before it; the tag's block is let go of when the kernel has taken the
   * tag.
   */
  send(
    publisher: RtmpPublisher,
    tag: FlvTag,
    block: PacketBlock | SegmentEndMarker | undefined,
    description: StreamDescription | undefined,
  ): void {
    if (this.#sequence === 'unstarted' && this.#headers.mayStart(tag, description, this.#queue)) {
      this.#start(publisher, tag, description);
      if (this.#headers.wasSentAhead(tag)) {
        block?.release();
        return;
      }
    } else if (description !== undefined) {
      for (const news of description.changed) this.#hand(publisher, news, undefined);
    }
    const isFrame = isPicture(tag) || isAudioFrame(tag);
    if (!isFrame || description !== undefined) {
      this.#trial.note(tag, this.#clock.now());
      this.#headers.note(tag, description);
    }
    if (block instanceof PacketBlock && block.enqueuedAt >= this.#since) block.timed = true;
    if (this.#spool !== undefined)
      this.#spool.noteSent(publisher, tag, block instanceof PacketBlock ? block : undefined, description);
    if (this.#hand(publisher, tag, block)) {
      this.#segment.note(tag);
      // Media from disk was counted when it went there.
      if (!(tag instanceof StoredTag)) this.#counters.noteSent(tag);
    }
    // Without it, the pictures that refer to it are of no use.
    else if (isPicture(tag) && tag.role !== TagRole.disposableFrame) this.#queue.skipToKeyFrame();
  }

  /** Ends the video sequence, once, where it has begun. */
  endSequence(publisher: RtmpPublisher): void {
    if (this.#sequence !== 'underway' || !this.#endOfSequence) return;
    this.#sequence = 'ended';
    const end = this.#headers.endOfSequence(this.#lastSent ?? 0);
    if (end !== undefined) this.#hand(publisher, end, undefined);
  }

  #start(publisher: RtmpPublisher, first: FlvTag, description: StreamDescription | undefined): void {
    this.#sequence = 'underway';
    for (const header of this.#headers.start(first, description, this.#queue, this.#owner.bitrates)) {
      this.#trial.note(header, this.#clock.now());
      this.#hand(publisher, header, undefined);
    }
  }

  /** False when the connection cannot carry the tag. */
  #hand(publisher: RtmpPublisher, tag: FlvTag, block: Releasable | undefined): boolean {
    try {
      this.#isWritable = publisher.send(tag, block);
      // `onMetaData` has no time.
      if (tag.role !== TagRole.data) this.#lastSent = tag.timestamp;
    } catch (error) {
      block?.release(true);
      this.#spool?.noteRefused(tag);
      this.#owner.onRefused(error as Error);
      return false;
    }
    if (!this.#isWritable) this.#watchdog.watch();
    return true;
  }
}
