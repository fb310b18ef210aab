import type { FlvTag } from '@cloudpush/muxer';
import { type PublisherEvents, RtmpError, RtmpErrorCode, RtmpPublisher } from '@cloudpush/transport';
import { monotonicNow } from '../clock.js';
import { CloudPushError, classOf } from '../errors.js';
import { Backoff } from './backoff.js';
import type { ConnectLimiter } from './connect-limiter.js';
import { type Dropped, isAbove, isKeyFrame, isPicture, relieve, startAtKeyFrame } from './drop-policy.js';
import type { PacketBlock } from './packet-block.js';
import type { ChannelConfig } from './protocol.js';
import { type QueuedTag, SendQueue, type StreamDescription } from './send-queue.js';
import { StallWatchdog } from './stall-watchdog.js';
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
  /** Something is queued: call {@link Destination.flush} at the end of the turn. */
  onDirty(destination: Destination): void;
}

type State = 'connecting' | 'publishing' | 'waiting' | 'ended';

/** What is written at once when a queue empties, in bytes. */
const FLUSH_BYTES = 256 * 1024;

/**
 * One server that a channel pushes to: the connection, made again when it is lost, and the queue in front of it. Tags
 * that come while nothing is being published wait in the queue and go out in order; after a lost connection the stream
 * goes on at a key frame.
 */
export class Destination implements PublisherEvents {
  readonly #owner: DestinationOwner;
  readonly #config: ChannelConfig;
  readonly #connects: ConnectLimiter;
  readonly #queue = new SendQueue();
  readonly #headers = new StreamHeaders();
  readonly #abort = new AbortController();
  readonly #backoff: Backoff | undefined;
  readonly #watchdog: StallWatchdog;
  #state: State = 'connecting';
  #publisher: RtmpPublisher | undefined;
  /** Bytes that the kernel has accepted on earlier connections. */
  #bytesBefore = 0;
  /** ms of the monotonic clock. */
  #publishingSince = Number.POSITIVE_INFINITY;
  /** False from the moment the connection says "no more" to its drain. */
  #writable = true;
  /** The next tag is the first of its connection. */
  #atStart = true;
  /** Pictures are skipped until a key frame comes. */
  #awaitsKeyFrame = false;
  #paused = false;
  #dirty = false;
  #closing = false;
  #closeTimer: NodeJS.Timeout | undefined;
  #retryTimer: NodeJS.Timeout | undefined;
  /** Why the connection was lost last. */
  #lastError: Error | undefined;

  constructor(owner: DestinationOwner, config: ChannelConfig, connects: ConnectLimiter) {
    this.#owner = owner;
    this.#config = config;
    this.#connects = connects;
    this.#backoff = config.reconnect === undefined ? undefined : new Backoff(config.reconnect);
    this.#watchdog = new StallWatchdog(
      config.stallTimeout,
      () => this.#publisher?.bytesWritten ?? 0,
      this.#onStall,
    );
    this.#abort.signal.addEventListener('abort', () => this.#onAbort());
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
    return this.#bytesBefore + (this.#publisher?.bytesWritten ?? 0);
  }

  /** Starts connecting. The outcome is told to the owner. */
  connect(): void {
    this.#state = 'connecting';
    this.#connects
      .run(() => this.#publish(), this.#abort.signal)
      .then(
        (publisher) => this.#start(publisher),
        (error: Error) => this.#onLost(error),
      );
  }

  /** Queues a tag; the destination holds its block until the tag has left. */
  offer(tag: FlvTag, block: PacketBlock | undefined, description: StreamDescription | undefined): void {
    if (this.#state === 'ended') return;
    if (this.#awaitsKeyFrame && isPicture(tag)) {
      if (!isKeyFrame(tag)) {
        this.#owner.onSkipped();
        return;
      }
      this.#awaitsKeyFrame = false;
    }
    block?.hold();
    if (this.#state === 'publishing' && this.#writable && this.#queue.length === 0) {
      this.#send(this.#publisher!, { tag, block, description });
      this.#markDirty();
      return;
    }
    this.#queue.push({ tag, block, description });
    this.#boundQueue();
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
    const onTimeout = (): void => this.destroy(closeTimeoutError(closeTimeout, this.queuedBytes));
    this.#closeTimer = setTimeout(onTimeout, closeTimeout);
    if (this.#state === 'waiting' && this.#queue.length === 0) this.#end(this.#lastError);
    else this.#closeWhenEmpty();
  }

  /** Resets the connection now, and for good; `error` is what it ends with. */
  destroy(error: Error): void {
    this.#abort.abort(error);
  }

  onDrain(): void {
    this.#writable = true;
    this.#watchdog.disarm();
    this.#pump();
    this.flush();
    this.#owner.onProgress();
  }

  onClose(error: RtmpError | undefined): void {
    if (this.#publisher !== undefined) this.#bytesBefore += this.#publisher.bytesWritten;
    this.#publisher = undefined;
    this.#watchdog.disarm();
    if (error === undefined) this.#end(undefined);
    else this.#onLost(error);
  }

  async #publish(): Promise<RtmpPublisher> {
    const { url, connectTimeout, closeTimeout, chunkSize } = this.#config;
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(connectTimeoutError(connectTimeout)), connectTimeout);
    const signal = AbortSignal.any([this.#abort.signal, limit.signal]);
    // The close time-out here covers the publisher's own: when it runs out, what was sent may not have arrived.
    const timeouts = { close: closeTimeout + 1000 };
    try {
      return await RtmpPublisher.connect({ url, chunkSize, timeouts, signal }, this);
    } catch (error) {
      throw limit.signal.aborted ? limit.signal.reason : error;
    } finally {
      clearTimeout(timer);
    }
  }

  #start(publisher: RtmpPublisher): void {
    this.#publisher = publisher;
    this.#state = 'publishing';
    this.#publishingSince = monotonicNow();
    this.#writable = true;
    this.#atStart = true;
    this.#owner.onConnected(publisher);
    this.#pump();
    this.flush();
  }

  /** A connection could not be made, or is gone: make it again, or end. */
  #onLost(error: Error): void {
    if (this.#state === 'ended') return;
    const publishedFor = this.#state === 'publishing' ? monotonicNow() - this.#publishingSince : 0;
    this.#publishingSince = Number.POSITIVE_INFINITY;
    this.#backoff?.published(publishedFor);
    const delay = this.#abort.signal.aborted ? undefined : this.#backoff?.next(classOf(error));
    if (delay === undefined) {
      this.#end(error);
      return;
    }
    this.#state = 'waiting';
    this.#lastError = error;
    if (publishedFor > 0) this.#skipToKeyFrame();
    this.#retryTimer = setTimeout(() => this.connect(), delay);
    this.#owner.onDisconnected(error, delay);
    if (this.#closing && this.#queue.length === 0) this.#end(error);
  }

  /** What was under way is lost, and the pictures that refer to it cannot be decoded any more. */
  #skipToKeyFrame(): void {
    if (this.#headers.hasVideo) this.#noteDropped(startAtKeyFrame(this.#queue));
  }

  #noteDropped(dropped: Dropped): void {
    this.#awaitsKeyFrame = dropped.awaitKeyFrame;
    this.#owner.onDropped(dropped);
  }

  #pump(): void {
    const publisher = this.#publisher;
    if (publisher === undefined) return;
    while (this.#writable) {
      const entry = this.#queue.shift();
      if (entry === undefined) break;
      if (this.#headers.wasSentAhead(entry.tag)) entry.block?.release();
      else this.#send(publisher, entry);
      // The connection says "no more" only while a write is under way: without one it would take the whole queue.
      if (publisher.queuedBytes > FLUSH_BYTES) publisher.flush();
    }
    this.#resumeIfRoom();
    this.#closeWhenEmpty();
  }

  #send(publisher: RtmpPublisher, entry: QueuedTag): void {
    const { tag, block, description } = entry;
    if (this.#atStart) {
      this.#atStart = false;
      for (const header of this.#headers.start(entry, this.#queue)) this.#hand(publisher, header, undefined);
    } else if (description !== undefined) this.#hand(publisher, description.tag, undefined);
    this.#headers.note(entry);
    if (this.#headers.wasSentAhead(tag)) {
      block?.release();
      return;
    }
    if (block !== undefined && block.enqueuedAt >= this.#publishingSince) block.timed = true;
    if (this.#hand(publisher, tag, block)) this.#owner.onSent(tag);
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
    if (!this.#writable) this.#watchdog.arm();
    return true;
  }

  /** Keeps the queue within its high watermark: by asking the caller to pause, or by dropping. */
  #boundQueue(): void {
    const { highWatermark, lowWatermark, overflow } = this.#config;
    if (this.#paused || !isAbove(this.#queue, highWatermark)) return;
    if (overflow === 'drop') {
      this.#noteDropped(relieve(this.#queue, lowWatermark));
      return;
    }
    this.#paused = true;
    this.#owner.onPause();
  }

  #resumeIfRoom(): void {
    if (!this.#paused || isAbove(this.#queue, this.#config.lowWatermark)) return;
    this.#paused = false;
    this.#owner.onResume();
  }

  #closeWhenEmpty(): void {
    if (!this.#closing || this.#queue.length > 0) return;
    // The outcome comes through onClose.
    void this.#publisher?.close();
  }

  #markDirty(): void {
    if (this.#dirty) return;
    this.#dirty = true;
    this.#owner.onDirty(this);
  }

  readonly #onStall = (ms: number): void => {
    const message = `the kernel has accepted nothing for ${ms} ms, which is the limit (stallTimeout)`;
    this.#publisher?.destroy(
      new RtmpError(RtmpErrorCode.timeout, 'publishing', message, { details: { permitted: ms } }),
    );
  };

  /** While a connection is being made or stands, its own answer to the signal ends the destination. */
  #onAbort(): void {
    if (this.#state === 'waiting') this.#end(this.#abort.signal.reason);
  }

  #end(error: Error | undefined): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    clearTimeout(this.#closeTimer);
    clearTimeout(this.#retryTimer);
    const unsent = this.#queue.length;
    this.#queue.clear();
    const { aborted, reason } = this.#abort.signal;
    if (aborted) this.#owner.onEnded(reason);
    else this.#owner.onEnded(error ?? (unsent === 0 ? undefined : lostError(unsent)));
  }
}

function connectTimeoutError(limit: number): CloudPushError {
  return new CloudPushError('ERR_CLOUDPUSH_TIMEOUT', `connecting took longer than the limit of ${limit} ms`, {
    class: 'retryable',
    details: { stage: 'connect', permitted: limit },
  });
}

function closeTimeoutError(limit: number, queued: number): CloudPushError {
  const state = queued > 0 ? `${queued} bytes were still queued` : 'the server had not closed its side';
  const message = `${state} when the close time-out of ${limit} ms ran out`;
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
