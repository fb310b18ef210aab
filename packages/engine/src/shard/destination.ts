import { type FlvTag, TagRole } from '@cloudpush/muxer';
import type { AmfValue, RtmpPublisher } from '@cloudpush/transport';
import { monotonicNow } from '../clock.js';
import { CloudPushError } from '../errors.js';
import type { CodecHold } from './codec-hold.js';
import type { ConnectLimiter } from './connect-limiter.js';
import { Connector, type ConnectorOwner } from './connector.js';
import { type Dropped, isKeyFrame, isPicture, relieve, startAtKeyFrame } from './drop-policy.js';
import type { PacketBlock } from './packet-block.js';
import type { ChannelConfig, Watermark } from './protocol.js';
import { SendQueue, type StreamDescription } from './send-queue.js';
import { StreamHeaders } from './stream-headers.js';

/** Whom a destination tells about itself. */
export interface DestinationOwner {
  /** Publishing has begun, for the first time or again. */
  onConnected(publisher: RtmpPublisher): void;
  /** The connection is lost and will be made again after `delay` ms. */
  onDisconnected(error: Error, delay: number): void;
  /** The queue has grown above the high watermark. Always followed by {@link onResume} or {@link onEnded}. */
  onPause(): void;
  /** The queue has shrunk below the low watermark. */
  onResume(): void;
  /** A tag was handed to the connection. */
  onSent(tag: FlvTag): void;
  /** The server has sent a command or data message with a meaning of its own. */
  onCommand(name: string, args: AmfValue[]): void;
  /** Something that the user should know about the connection. */
  onWarning(message: string): void;
  /** Tags were dropped from the queue, to make room or because they cannot be decoded any more. */
  onDropped(dropped: Dropped): void;
  /** A picture was not queued because the stream goes on at a key frame that has not come yet. */
  onSkipped(): void;
  /** The connection cannot carry a tag, for its size; it goes on with the next. */
  onRefused(error: Error): void;
  /** The connection has taken some of what waited. */
  onProgress(): void;
  /** The last thing a destination says: everything is released. `error` is there unless it was closed and all was sent. */
  onEnded(error: Error | undefined): void;
  /** What the owner keeps back for the destination until the server has been asked about it. */
  readonly hold: CodecHold;
  /** Something is queued: call {@link Destination.flush} at the end of the turn. */
  onDirty(destination: Destination): void;
}

/**
 * One server that a channel pushes to: the queue of tags in front of a connection. Tags that come while nothing is
 * being published wait and go out in order; after a lost connection the stream goes on at a key frame.
 */
export class Destination implements ConnectorOwner {
  readonly #owner: DestinationOwner;
  readonly #config: ChannelConfig;
  readonly #connector: Connector;
  readonly #queue = new SendQueue();
  readonly #headers = new StreamHeaders();
  /** False from the moment the connection says "no more" to its drain. */
  #writable = true;
  /** The next tag is the first of its connection. */
  #atStart = true;
  /** Pictures are skipped until a key frame comes. */
  #awaitsKeyFrame = false;
  /** ms of the monotonic clock. */
  #publishingSince = Number.POSITIVE_INFINITY;
  #paused = false;
  #dirty = false;
  #closing = false;
  #closeTimer: NodeJS.Timeout | undefined;
  #sequenceEnded = false;
  #ended = false;

  constructor(owner: DestinationOwner, config: ChannelConfig, limiter: ConnectLimiter) {
    this.#owner = owner;
    this.#config = config;
    this.#connector = new Connector(this, config, limiter);
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Bytes accepted and not yet taken by the kernel. */
  get queuedBytes(): number {
    return this.#owner.hold.bytes + this.#queue.bytes + (this.#connector.publisher?.queuedBytes ?? 0);
  }

  /** What waits in the queue, in ms of the stream's clock. */
  get queuedMs(): number {
    return Math.max(this.#owner.hold.ms, this.#queue.ms);
  }

  get wantsConnection(): boolean {
    return !this.#closing || !this.#isEmpty;
  }

  /** Bytes that the kernel has accepted. */
  get bytesWritten(): number {
    return this.#connector.bytesWritten;
  }

  connect(): void {
    this.#connector.connect();
  }

  /** Queues a tag; the destination holds its block until the tag has left. */
  offer(tag: FlvTag, block: PacketBlock | undefined, description: StreamDescription | undefined): void {
    if (this.#ended || this.#skips(tag)) return;
    block?.hold();
    const { publisher } = this.#connector;
    this.#markDirty();
    // A stream begins at the end of the turn: by then its other track may have begun, too.
    if (publisher !== undefined && this.#writable && this.#queue.length === 0 && !this.#atStart) {
      this.#send(publisher, tag, block, description);
      return;
    }
    this.#queue.push({ tag, block, description });
    this.boundQueue();
  }

  /** Keeps what waits within the high watermark: by asking the caller to pause, or by dropping. */
  boundQueue(): void {
    const { highWatermark, lowWatermark, overflow } = this.#config;
    if (this.#paused || !this.#isAbove(highWatermark)) return;
    if (overflow === 'drop' && this.#owner.hold.isEmpty) {
      this.#noteDropped(relieve(this.#queue, lowWatermark));
      return;
    }
    this.#paused = true;
    this.#owner.onPause();
  }

  /** The end of the turn: hands what was offered in it to the kernel. */
  flush(): void {
    this.#dirty = false;
    if (this.#atStart) this.#pump();
    this.#connector.publisher?.flush();
  }

  /** Sends what is queued, then ends the stream cleanly. */
  close(): void {
    if (this.#closing || this.#ended) return;
    this.#closing = true;
    const { closeTimeout } = this.#config;
    const onTimeout = (): void => this.destroy(closeTimeoutError(closeTimeout, this.queuedBytes));
    this.#closeTimer = setTimeout(onTimeout, closeTimeout);
    this.#closeIfEmpty();
  }

  /** Resets the connection now, and for good; `error` is what it ends with. */
  destroy(error: Error): void {
    this.#connector.destroy(error);
  }

  onPublishing(publisher: RtmpPublisher): void {
    this.#publishingSince = monotonicNow();
    this.#writable = true;
    this.#atStart = true;
    this.#owner.onConnected(publisher);
    this.#pump();
    publisher.flush();
  }

  onDrain(): void {
    this.#writable = true;
    this.#pump();
    this.#connector.publisher?.flush();
    this.#owner.onProgress();
  }

  onCommand(name: string, args: AmfValue[]): void {
    this.#owner.onCommand(name, args);
  }

  onWarning(message: string): void {
    this.#owner.onWarning(message);
  }

  onLost(error: Error, delay: number, wasPublishing: boolean): void {
    this.#publishingSince = Number.POSITIVE_INFINITY;
    // What was under way is lost, and the pictures that refer to it cannot be decoded any more.
    if (wasPublishing && this.#headers.hasVideo) this.#noteDropped(startAtKeyFrame(this.#queue));
    this.#owner.onDisconnected(error, delay);
    this.#resumeIfRoom();
    this.#closeIfEmpty();
  }

  onOver(error: Error | undefined): void {
    this.#ended = true;
    clearTimeout(this.#closeTimer);
    const unsent = this.#queue.length;
    this.#queue.clear();
    this.#owner.onEnded(error ?? (unsent === 0 ? undefined : unsentError(unsent)));
  }

  /** While a key frame is awaited, other pictures are of no use. */
  #skips(tag: FlvTag): boolean {
    if (!this.#awaitsKeyFrame || !isPicture(tag)) return false;
    if (isKeyFrame(tag)) {
      this.#awaitsKeyFrame = false;
      return false;
    }
    this.#owner.onSkipped();
    return true;
  }

  /** Sends what waits, as far as the connection takes it. */
  #pump(): void {
    const { publisher } = this.#connector;
    while (publisher !== undefined && this.#writable) {
      const entry = this.#queue.shift();
      if (entry === undefined) break;
      if (this.#headers.wasSentAhead(entry.tag)) entry.block?.release();
      else this.#send(publisher, entry.tag, entry.block, entry.description);
    }
    this.#resumeIfRoom();
    this.#closeIfEmpty();
  }

  #send(
    publisher: RtmpPublisher,
    tag: FlvTag,
    block: PacketBlock | undefined,
    description: StreamDescription | undefined,
  ): void {
    if (this.#atStart) {
      this.#atStart = false;
      for (const header of this.#headers.start(tag, description, this.#queue)) {
        this.#hand(publisher, header, undefined);
      }
      if (this.#headers.wasSentAhead(tag)) {
        block?.release();
        return;
      }
    } else if (description !== undefined) this.#hand(publisher, description.tag, undefined);
    this.#headers.note(tag, description);
    if (block !== undefined && block.enqueuedAt >= this.#publishingSince) block.timed = true;
    if (this.#hand(publisher, tag, block)) this.#owner.onSent(tag);
    // Without it, the pictures that refer to it are of no use.
    else if (isPicture(tag) && tag.role !== TagRole.disposableFrame) this.#awaitsKeyFrame = true;
  }

  /** False when the connection cannot carry the tag. */
  #hand(publisher: RtmpPublisher, tag: FlvTag, block: PacketBlock | undefined): boolean {
    try {
      this.#writable = publisher.send(tag, block);
    } catch (error) {
      block?.release();
      this.#owner.onRefused(error as Error);
      return false;
    }
    if (!this.#writable) this.#connector.watch();
    return true;
  }

  #noteDropped(dropped: Dropped): void {
    this.#awaitsKeyFrame ||= dropped.awaitKeyFrame;
    this.#owner.onDropped(dropped);
  }

  #resumeIfRoom(): void {
    if (!this.#paused || this.#isAbove(this.#config.lowWatermark)) return;
    this.#paused = false;
    this.#owner.onResume();
  }

  #closeIfEmpty(): void {
    if (!this.#closing || !this.#isEmpty) return;
    this.#endSequence();
    this.#connector.close();
  }

  #endSequence(): void {
    const { publisher } = this.#connector;
    if (publisher === undefined || this.#sequenceEnded || !this.#config.endOfSequence) return;
    this.#sequenceEnded = true;
    const end = this.#headers.endOfSequence();
    if (end !== undefined) this.#hand(publisher, end, undefined);
  }

  get #isEmpty(): boolean {
    return this.#queue.length === 0 && this.#owner.hold.isEmpty;
  }

  #isAbove({ bytes, ms }: Watermark): boolean {
    return this.#owner.hold.bytes + this.#queue.bytes > bytes || this.queuedMs > ms;
  }

  #markDirty(): void {
    if (this.#dirty) return;
    this.#dirty = true;
    this.#owner.onDirty(this);
  }
}

function closeTimeoutError(limit: number, queued: number): CloudPushError {
  const state = queued > 0 ? `${queued} bytes were still queued` : 'the server had not closed its side';
  const message = `${state} when the close time-out of ${limit} ms ran out`;
  return new CloudPushError('ERR_CLOUDPUSH_CLOSE_TIMEOUT', message, {
    details: { actual: queued, permitted: limit },
  });
}

function unsentError(unsent: number): CloudPushError {
  const message = `the connection was closed with ${unsent} queued messages unsent`;
  return new CloudPushError('ERR_CLOUDPUSH_PEER_CLOSED', message, {
    class: 'retryable',
    details: { unsent },
  });
}
