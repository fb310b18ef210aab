import { type FlvTag, TagRole } from '@cloudpush/muxer';
import type { RtmpPublisher } from '@cloudpush/transport';
import type { DestinationConfig } from '../../options/destination-config.js';
import type { HevcFallback } from '../channel/hevc-fallback.js';
import type { PacketBlock } from '../channel/packet-block.js';
import type { SegmentMark } from '../channel/segment-tracker.js';
import type { StreamDescription } from '../channel/stream-metadata-tracker.js';
import type { Flushable, ShardContext } from '../shard-context.js';
import type { DestinationSpool } from '../spool/destination-spool.js';
import type { SpooledStream } from '../spool/spooled-stream.js';
import { Backlog } from './backlog.js';
import { DestinationCounters } from './destination-counters.js';
import type { DestinationOwner } from './destination-owner.js';
import { isKeyFrame } from './drop-policy.js';
import { DestinationSegments, SegmentEndMarker } from './segment-progress.js';
import type { QueuedTag } from './send-queue.js';
import type { StreamHeaders } from './stream-headers.js';
import type { DestinationStreamParts, StreamConnections, StreamOwner } from './stream-owner.js';
import { StreamWriter } from './stream-writer.js';

/**
 * The stream of a destination: the queue of tags in front of its connection. Tags that come while nothing is
 * being published wait and go out in order; after a lost connection the stream goes on at a key frame, and
 * each segment is a stream of its own.
 */
export class DestinationStream implements Flushable, SpooledStream {
  /** The destination's number. */
  readonly number: number;
  /** The tags that wait for the connection, or for room in it. */
  readonly backlog: Backlog;
  readonly counters: DestinationCounters;
  readonly segments: DestinationSegments;
  readonly #owner: StreamOwner;
  readonly channel: DestinationOwner;
  readonly #context: ShardContext;
  readonly connections: StreamConnections;
  readonly headers: StreamHeaders;
  /** Undefined: what the server is not sent is not kept. */
  readonly spool: DestinationSpool | undefined;
  readonly #writer: StreamWriter;
  #ended = false;
  #dirty = false;
  /** Bytes that the source has given. */
  offeredBytes = 0;

  constructor(number: number, config: DestinationConfig, parts: DestinationStreamParts) {
    const { owner, channel, context, connections, trial, headers, segment, openSpool } = parts;
    const { clock } = context;
    this.number = number;
    this.#owner = owner;
    this.channel = channel;
    this.#context = context;
    this.connections = connections;
    this.headers = headers;
    this.counters = new DestinationCounters(context.counters, number);
    const backlogOwner = {
      isLeftBehind: () => channel.isLeftBehind(number),
      ...(openSpool === undefined ? {} : { divert: () => this.spool!.onFull() }),
      onFull: () => channel.onFull(),
      onRoom: () => channel.onRoom(),
    };
    const { heldPackets } = channel;
    this.backlog = new Backlog(backlogOwner, config, { heldPackets, counters: this.counters, clock });
    this.segments = new DestinationSegments(segment);
    this.spool = openSpool?.(this, this.counters);
    this.#writer = new StreamWriter({
      owner: channel,
      clock,
      headers,
      queue: this.backlog,
      trial,
      counters: this.counters,
      watchdog: connections,
      endOfSequence: config.endOfSequence,
      segment: this.segments.current,
      spool: this.spool,
    });
    if (headers.hasVideo) this.backlog.skipToKeyFrame();
  }

  get publisher(): RtmpPublisher | undefined {
    return this.connections.publisher;
  }

  get streamName(): string | undefined {
    return this.connections.streamName;
  }

  get segment(): number {
    return this.segments.current.number;
  }

  /** Nothing waits, here or on disk, that has to be sent. */
  get isEmpty(): boolean {
    return this.backlog.isEmpty && this.spool?.isBehind !== true;
  }

  get isIdle(): boolean {
    return this.backlog.length === 0 && this.#writer.isWritable && this.#outlet !== undefined;
  }

  restart(): void {
    this.#writer.restart();
  }

  push(entry: QueuedTag): void {
    if (this.backlog.skips(entry.tag)) {
      entry.block?.release();
      return;
    }
    this.backlog.push(entry);
    this.#pump();
  }

  /** Nothing follows what it has. */
  get isClosing(): boolean {
    return this.#owner.isClosing;
  }

  /** Its stream is further on than that of `other`. */
  isAheadOf(other: DestinationStream): boolean {
    if (this.connections.publisher === undefined) return false;
    return other.connections.publisher === undefined || this.#writer.isAheadOf(other.#writer);
  }

  /** Queues a tag; its block is held until the tag has left. */
  offer(
    tag: FlvTag,
    block: PacketBlock,
    description: StreamDescription | undefined,
    mark: SegmentMark | undefined,
  ): void {
    if (this.#ended) return;
    this.offeredBytes += tag.size;
    const taken = this.spool?.takes(tag, block, description, mark);
    if (taken === 'instead') return;
    if (this.backlog.skips(tag)) return;
    block.hold();
    const publisher = this.#outlet;
    const writer = this.#writer;
    if (!this.#dirty) this.#context.markDirty(this);
    this.#dirty = true;
    const canSend = publisher !== undefined && writer.isFlowing && this.backlog.length === 0;
    if (canSend && mark === undefined && !this.#movesAt(tag)) {
      writer.send(publisher, tag, block, description ?? this.backlog.takeOrphan());
      return;
    }
    const at = this.#context.clock.now();
    this.backlog.push({ tag, block, description, mark, at, isOnDisk: taken === 'as well' });
    // It must neither make the source wait nor cost a picture.
    if (writer.isAtStart && this.channel.waitsForTrack && !this.backlog.hasRoom)
      this.channel.beginWithoutTrack();
    if (canSend || mark !== undefined) this.#pump();
    this.backlog.bound();
  }

  /** A picture was not muxed, because a key frame must come first. */
  skipPicture(): void {
    this.counters.noteSkipped('start');
  }

  /** Sends what waits, as far as it may go, and hands it to the kernel. */
  sendWaiting(): void {
    this.#pump();
    this.connections.publisher?.flush();
  }

  /** The end of the turn: hands what was offered in it to the kernel. */
  flush(): void {
    this.#dirty = false;
    if (this.#writer.isAtStart) this.#pump();
    this.connections.publisher?.flush();
  }

  destroy(error: Error): void {
    this.connections.destroy(error);
  }

  /** Puts what waits, and what is kept of what was sent, into the older form of H.265. */
  fallBack(fallback: HevcFallback, description: StreamDescription | undefined): void {
    this.headers.fallBack(fallback, description);
    this.spool?.fallBack(fallback, description);
    this.backlog.replace((tag) => fallback.legacyOf(tag));
  }

  /** A connection has been made, which has room. */
  onPublishing(): void {
    this.spool?.stream?.onConnection();
    this.#writer.onPublishing();
    this.segments.open();
  }

  /** The connection has room again. */
  onDrain(): void {
    this.#writer.onDrain();
    this.sendWaiting();
    this.spool?.stream?.onRoom();
  }

  /** The next stream is being published on the connection that stood. */
  onNextStream(): void {
    this.segments.open();
    this.sendWaiting();
  }

  /** Nothing is being published any more; `isLost`: what was under way may not have arrived. */
  onDown(isLost: boolean): void {
    this.#writer.onDown();
    if (isLost && this.headers.hasVideo) this.backlog.startAtKeyFrame();
  }

  /** Ends the video sequence, as nothing follows. */
  endSequence(): void {
    const publisher = this.#outlet;
    if (publisher !== undefined) this.#writer.endSequence(publisher);
  }

  /** Takes nothing more, and lets go of what waits, for good. */
  end(): void {
    this.#ended = true;
    this.backlog.end();
  }

  /** Sends what waits, as far as the connection takes it. */
  #pump(): void {
    for (let first = this.backlog.first; first !== undefined; first = this.backlog.first) {
      this.#makeWayFor(first);
      const publisher = this.#outlet;
      if (publisher === undefined || !this.#writer.isWritable) break;
      if (this.#writer.isAtStart && this.channel.waitsForTrack && !this.isClosing) break;
      const entry = this.backlog.shift()!;
      if (this.headers.wasSentAhead(entry.tag)) entry.block?.release();
      else if (entry.mark?.border === 'end') this.#endSegment(publisher, entry);
      else this.#writer.send(publisher, entry.tag, entry.block, entry.description);
    }
    this.backlog.resumeIfRoom();
    if (this.isEmpty) this.#owner.onEmpty();
  }

  /**
   * The next tag may need the next stream, or be the one at which the stream goes over to another connection.
   */
  #makeWayFor({ tag, mark }: QueuedTag): void {
    if (mark?.border === 'start' && mark.number > this.segments.current.number)
      this.#startSegment(mark.number);
    if (this.#writer.isWritable && this.#movesAt(tag)) this.#move();
  }

  /** The connection, while the segment's stream is being published on it. */
  get #outlet(): RtmpPublisher | undefined {
    return this.segments.isOpen ? this.connections.publisher : undefined;
  }

  /** The next stream is published by a connection that waits, by the one that stands, or by another. */
  #startSegment(number: number): void {
    this.#writer.startSegment(this.segments.start(number));
    if (this.connections.canMove) {
      if (this.#move()) this.segments.open();
    } else if (this.connections.nextStream()) this.#owner.onMoving();
  }

  /** Its last tag, and the end of its stream. When the kernel has taken it, it has all before it. */
  #endSegment(publisher: RtmpPublisher, { tag, block, description }: QueuedTag): void {
    const segment = this.segments.current;
    const { streamName } = this.connections;
    const tail = new SegmentEndMarker(block, (taken) => {
      if (taken) segment.state = 'left';
      this.#owner.onSegmentEnd(segment.totals(streamName), taken);
    });
    segment.state = 'ended';
    this.#writer.endSequence(publisher);
    this.#writer.send(publisher, tag, tail, description);
    this.connections.endStream();
  }

  /** Another connection waits for the stream, and decoding can start at this tag. */
  #movesAt(tag: FlvTag): boolean {
    if (!this.connections.canMove) return false;
    return this.headers.hasVideo ? isKeyFrame(tag) : tag.role === TagRole.audioFrame;
  }

  /** False when the new connection has yet to be made: {@link onPublishing} follows. */
  #move(): boolean {
    const publisher = this.connections.move();
    this.spool?.stream?.onLeave();
    if (publisher === undefined) {
      this.#owner.onMoving();
      return false;
    }
    this.spool?.stream?.onConnection();
    this.#writer.onMoved();
    this.#owner.onMoved(publisher);
    return true;
  }
}
