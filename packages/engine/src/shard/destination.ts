import { FlvTag, TagRole } from '@cloudpush/muxer';
import { type PublisherEvents, type RtmpError, RtmpPublisher } from '@cloudpush/transport';
import { monotonicNow } from '../clock.js';
import { CloudPushError } from '../errors.js';
import type { PacketBlock } from './packet-block.js';
import type { ChannelConfig } from './protocol.js';
import { type QueuedTag, SendQueue } from './send-queue.js';

/** Whom a destination tells about itself. */
export interface DestinationOwner {
  /** Publishing has begun. */
  onConnected(publisher: RtmpPublisher): void;
  /** The queue has grown above the high watermark. Always followed by {@link onResume} or {@link onEnded}. */
  onPause(): void;
  /** The queue has shrunk below the low watermark. */
  onResume(): void;
  /** The connection has taken some of what waited. */
  onProgress(): void;
  /** A tag was handed to the connection. */
  onSent(tag: FlvTag): void;
  /** The last thing a destination says: everything is released. `error` is there unless it was closed and all was sent. */
  onEnded(error: Error | undefined): void;
  /** Something is queued: call {@link Destination.flush} at the end of the turn. */
  onDirty(destination: Destination): void;
}

/** What is written at once when a queue empties, in bytes. */
const FLUSH_BYTES = 256 * 1024;

type State = 'connecting' | 'publishing' | 'ended';

/**
 * One server that a channel pushes to: the connection, and the queue in front of it. Tags that come before publishing
 * has begun wait in the queue and go out in order.
 */
export class Destination implements PublisherEvents {
  readonly #owner: DestinationOwner;
  readonly #config: ChannelConfig;
  readonly #queue = new SendQueue();
  readonly #abort = new AbortController();
  #state: State = 'connecting';
  #publisher: RtmpPublisher | undefined;
  /** ms of the monotonic clock. */
  #publishingSince = Number.POSITIVE_INFINITY;
  /** False from the moment the connection says "no more" to its drain. */
  #writable = true;
  #paused = false;
  #dirty = false;
  #closing = false;
  #closeTimer: NodeJS.Timeout | undefined;
  /** Sequence headers that {@link #start} has sent ahead of their place in the queue. */
  #sentAhead: readonly FlvTag[] = [];

  constructor(owner: DestinationOwner, config: ChannelConfig) {
    this.#owner = owner;
    this.#config = config;
  }

  get ended(): boolean {
    return this.#state === 'ended';
  }

  /** Bytes accepted and not yet taken by the kernel. */
  get queuedBytes(): number {
    return this.#queue.bytes + (this.#publisher?.queuedBytes ?? 0);
  }

  /** What waits in the queue, in ms of the stream's clock. */
  get queuedMs(): number {
    return this.#queue.ms;
  }

  /** Bytes that the kernel has accepted. */
  get bytesWritten(): number {
    return this.#publisher?.bytesWritten ?? 0;
  }

  /** Starts connecting. The outcome is told to the owner. */
  connect(): void {
    const { url, connectTimeout, closeTimeout, chunkSize } = this.#config;
    const limit = setTimeout(() => this.destroy(connectTimeoutError(connectTimeout)), connectTimeout);
    // The close time-out here covers the publisher's own: when it runs out, what was sent may not have arrived.
    const timeouts = { close: closeTimeout + 1000 };
    const options = { url, chunkSize, timeouts, signal: this.#abort.signal };
    RtmpPublisher.connect(options, this)
      .finally(() => clearTimeout(limit))
      .then(
        (publisher) => this.#start(publisher),
        (error: Error) => this.#end(error),
      );
  }

  /** Queues a tag; the destination holds its block until the tag has left. */
  offer(tag: FlvTag, block: PacketBlock | undefined, metadata: FlvTag | undefined): void {
    block?.hold();
    if (this.#state === 'ended') {
      block?.release();
      return;
    }
    if (this.#publisher !== undefined && this.#writable && this.#queue.length === 0) {
      this.#send(this.#publisher, tag, block, metadata);
      this.#markDirty();
      return;
    }
    this.#queue.push(tag, block, metadata);
    this.#pauseIfFull();
  }

  /** Hands what was queued in this turn to the kernel. */
  flush(): void {
    this.#dirty = false;
    this.#publisher?.flush();
  }

  /** Sends what is queued, then ends the stream cleanly. */
  close(): void {
    if (this.#closing || this.#state === 'ended') return;
    this.#closing = true;
    const { closeTimeout } = this.#config;
    this.#closeTimer = setTimeout(
      () => this.destroy(closeTimeoutError(closeTimeout, this.queuedBytes)),
      closeTimeout,
    );
    this.#closeWhenEmpty();
  }

  /** Resets the connection now; `error` is what it ends with. */
  destroy(error: Error): void {
    this.#abort.abort(error);
  }

  onDrain(): void {
    this.#writable = true;
    this.#pump();
    this.flush();
    this.#owner.onProgress();
  }

  onClose(error: RtmpError | undefined): void {
    this.#end(error);
  }

  #start(publisher: RtmpPublisher): void {
    this.#publisher = publisher;
    this.#state = 'publishing';
    this.#publishingSince = monotonicNow();
    this.#owner.onConnected(publisher);
    this.#sendHeadersAhead(publisher);
    this.#pump();
    this.flush();
    if (this.#closing) this.#closeWhenEmpty();
  }

  /**
   * Servers want to meet a stream in this order: metadata, audio header, video header, key frame. While connecting,
   * both tracks have usually begun; what is queued tells what the stream will be.
   */
  #sendHeadersAhead(publisher: RtmpPublisher): void {
    const audio = this.#queue.find(isAudioHeader);
    const video = this.#queue.find(isVideoHeader);
    if (audio === undefined || video === undefined) return;
    const described = this.#queue.isBefore(audio, video) ? video : audio;
    const start = this.#queue.oldest!.tag.timestamp;
    if (described.metadata !== undefined) this.#sendAt(publisher, described.metadata, start);
    this.#sendAt(publisher, audio.tag, start);
    this.#sendAt(publisher, video.tag, start);
    this.#sentAhead = [audio.tag, video.tag];
  }

  #sendAt(publisher: RtmpPublisher, tag: FlvTag, timestamp: number): void {
    const { type, role, parts, size } = tag;
    this.#writable = publisher.send(new FlvTag(type, role, timestamp, parts, size, 0), undefined);
  }

  #pump(): void {
    const publisher = this.#publisher;
    if (publisher === undefined) return;
    while (this.#writable) {
      const entry = this.#queue.shift();
      if (entry === undefined) break;
      this.#sendEntry(publisher, entry);
      // The connection says "no more" only while a write is under way: without one it would take the whole queue.
      if (publisher.queuedBytes > FLUSH_BYTES) publisher.flush();
    }
    this.#resumeIfRoom();
    if (this.#closing) this.#closeWhenEmpty();
  }

  #sendEntry(publisher: RtmpPublisher, { tag, block, metadata }: QueuedTag): void {
    if (this.#sentAhead.includes(tag)) {
      this.#sentAhead = this.#sentAhead.filter((sent) => sent !== tag);
      block?.release();
      return;
    }
    this.#send(publisher, tag, block, metadata);
  }

  #send(
    publisher: RtmpPublisher,
    tag: FlvTag,
    block: PacketBlock | undefined,
    metadata: FlvTag | undefined,
  ): void {
    if (metadata !== undefined) publisher.send(metadata, undefined);
    if (block !== undefined && block.enqueuedAt >= this.#publishingSince) block.timed = true;
    this.#writable = publisher.send(tag, block);
    this.#owner.onSent(tag);
  }

  #pauseIfFull(): void {
    const { highWatermark } = this.#config;
    if (this.#paused || (this.#queue.bytes <= highWatermark.bytes && this.#queue.ms <= highWatermark.ms))
      return;
    this.#paused = true;
    this.#owner.onPause();
  }

  #resumeIfRoom(): void {
    const { lowWatermark } = this.#config;
    if (!this.#paused || this.#queue.bytes > lowWatermark.bytes || this.#queue.ms > lowWatermark.ms) return;
    this.#paused = false;
    this.#owner.onResume();
  }

  #closeWhenEmpty(): void {
    const publisher = this.#publisher;
    if (publisher === undefined || this.#queue.length > 0 || this.#state === 'ended') return;
    // The outcome comes through onClose.
    void publisher.close();
  }

  #markDirty(): void {
    if (this.#dirty) return;
    this.#dirty = true;
    this.#owner.onDirty(this);
  }

  #end(error: Error | undefined): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    clearTimeout(this.#closeTimer);
    const unsent = this.#queue.length;
    this.#queue.clear();
    const { aborted, reason } = this.#abort.signal;
    if (aborted) this.#owner.onEnded(reason);
    else this.#owner.onEnded(error ?? (unsent === 0 ? undefined : lostError(unsent)));
  }
}

function isAudioHeader(tag: FlvTag): boolean {
  return tag.role === TagRole.audioSequenceHeader;
}

function isVideoHeader(tag: FlvTag): boolean {
  return tag.role === TagRole.videoSequenceHeader;
}

function connectTimeoutError(limit: number): CloudPushError {
  return new CloudPushError('ERR_CLOUDPUSH_TIMEOUT', `connecting took longer than the limit of ${limit} ms`, {
    class: 'retryable',
    details: { stage: 'connect', permitted: limit },
  });
}

function closeTimeoutError(limit: number, queued: number): CloudPushError {
  const message = `${queued} bytes were still queued when the close time-out of ${limit} ms ran out`;
  return new CloudPushError('ERR_CLOUDPUSH_CLOSE_TIMEOUT', message, {
    details: { actual: queued, permitted: limit },
  });
}

function lostError(unsent: number): CloudPushError {
  const message = `the connection was closed with ${unsent} queued messages unsent`;
  return new CloudPushError('ERR_CLOUDPUSH_PEER_CLOSED', message, {
    class: 'retryable',
    details: { unsent },
  });
}
