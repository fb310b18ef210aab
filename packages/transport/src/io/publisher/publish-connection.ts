import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import type { AmfValue } from '../../amf/value.js';
import { type RtmpError, type RtmpStage, unreadReplies } from '../../errors.js';
import { PUBLISHER_LIMITS, SERVER_PACE } from '../../limits.js';
import { type Attempt, type ConnectWishes, reconnectUrl, withToken } from '../../session/client/attempt.js';
import type { StageTimer } from '../../session/client/stage-timer.js';
import type { RtmpStatus } from '../../session/client/status.js';
import { RateLimit } from '../../session/common/rate-limit.js';
import { PublishSession } from '../../session/publish/publish-session.js';
import {
  type PublishSessionHandler,
  type ReconnectRequest,
  stageOf,
} from '../../session/publish/publish-state.js';
import { aborted } from '../common/abort.js';
import { DeadlineTimer } from '../common/deadline-timer.js';
import { reset } from '../common/reset.js';
import { Outbox } from './outbox.js';
import { closedByCaller, closeTimeout, nextStreamWaits } from './publisher-errors.js';
import type { PublisherEvents, PublisherOptions, PublisherTimeouts } from './publisher-options.js';
import { connectWishes, queueLimits, sessionOptions } from './settings.js';

interface Waiter {
  resolve(): void;
  reject(error: RtmpError): void;
}

/** One attempt to publish, and what the caller wants of it. */
export interface PublishAttempt {
  readonly attempt: Attempt;
  readonly options: PublisherOptions;
  readonly timeouts: PublisherTimeouts;
  readonly events: PublisherEvents;
}

/** The connection of one attempt to publish: a socket, the session on it, and how both come to an end. */
export class PublishConnection implements PublishSessionHandler {
  readonly session: PublishSession;
  readonly outbox: Outbox;
  readonly attempt: Attempt;
  readonly #socket: Socket;
  readonly #wishes: ConnectWishes;
  readonly #timeouts: PublisherTimeouts;
  readonly #signal: AbortSignal | undefined;
  readonly #maxUnreadReplyBytes: number;
  #replyBytes = 0;
  readonly #pace = new RateLimit(SERVER_PACE.readBytesPerSecond, SERVER_PACE.readBytesPerSecond, () =>
    performance.now(),
  );
  #rest: NodeJS.Timeout | undefined;
  readonly #closed: Promise<void>;
  #resolveClosed: () => void = () => {};
  readonly #events: PublisherEvents;
  /** The caller has, or is about to have, the publisher: `onClose` has somebody to tell. */
  #connected = false;
  #waiter: Waiter | undefined;
  readonly #deadline = new DeadlineTimer(() => this.#onDeadline());
  #error: RtmpError | undefined;
  /** Told to close: it takes no more. */
  #leaving = false;
  /** The end of the stream has been handed over. */
  #closing = false;
  /** The server has closed its side. */
  #peerEnded = false;
  #gone = false;

  /** @param socket connected, and secured if it is to be */
  constructor(socket: Socket, request: PublishAttempt, timer: StageTimer) {
    const { attempt, options, timeouts, events } = request;
    this.attempt = attempt;
    this.#wishes = connectWishes(options);
    this.#socket = socket;
    this.#events = events;
    this.#timeouts = timeouts;
    this.#signal = options.signal;
    this.#maxUnreadReplyBytes = options.limits?.maxUnreadReplyBytes ?? PUBLISHER_LIMITS.maxUnreadReplyBytes;
    this.outbox = new Outbox(socket, queueLimits(options).highWaterMark, {
      onDrain: () => this.#events.onDrain?.(),
      mayWrite: options.mayWrite,
      onForbidden: () => this.#onForbidden(),
    });
    this.session = new PublishSession(sessionOptions(attempt, options, timeouts, timer), this.outbox, this);
    this.#closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
    this.#listen();
  }

  /** True while bytes that are sent may still arrive. */
  get isOpen(): boolean {
    return !this.#leaving && !this.#gone && this.#error === undefined;
  }

  get bytesRead(): number {
    return this.#socket.bytesRead;
  }

  /** Resolves when the server has said `NetStream.Publish.Start`. */
  async begin(): Promise<void> {
    const publishing = this.#wait();
    // While the connection was being tuned nobody listened.
    if (this.#signal?.aborted) {
      this.#onAbort();
    } else {
      this.session.start();
      this.#arm();
    }
    await publishing;
  }

  /** See {@link RtmpPublisher.nextStream}. */
  async publishNext(streamName: string): Promise<void> {
    if (this.#error !== undefined) throw this.#error;
    if (this.#leaving || this.#gone) throw closedByCaller();
    if (this.#waiter !== undefined) throw nextStreamWaits();
    const accepted = this.#wait();
    try {
      this.session.publishNext(withToken(streamName, this.attempt, this.#wishes));
    } catch (error) {
      this.#waiter = undefined;
      throw error;
    }
    this.#arm();
    await accepted;
  }

  /** See {@link RtmpPublisher.close}. */
  close(): Promise<void> {
    if (!this.isOpen) return this.#closed;
    this.#leaving = true;
    this.#deadline.set(performance.now() + this.#timeouts.close);
    // Bytes of the server that have arrived by now are read first: if it has ended the connection, then not
    // in answer to this. Sockets are read between the two.
    setImmediate(() => setImmediate(this.#endStream));
    return this.#closed;
  }

  readonly #endStream = (): void => {
    if (this.#gone || this.#error !== undefined) return;
    this.#closing = true;
    this.session.unpublish();
    this.outbox.end();
  };

  /** See {@link RtmpPublisher.destroy}. */
  destroy(error?: RtmpError): void {
    if (this.#gone) return;
    if (!this.#isComplete) this.session.fail(error ?? aborted(undefined, this.#stage));
    reset(this.#socket);
  }

  onPublishing(): void {
    // Closed while the answer was on its way: nothing is to be sent on this stream.
    if (this.#leaving) this.session.unpublish();
    this.#connected = true;
    const waiter = this.#waiter;
    this.#waiter = undefined;
    waiter?.resolve();
  }

  onStatus(status: RtmpStatus): void {
    this.#events.onStatus?.(status);
  }

  onCommand(name: string, args: AmfValue[]): void {
    // The server's goodbye, after our deleteStream.
    if (name === 'close' && this.session.state === 'unpublished') this.#onPeerEnd();
    this.#events.onCommand?.(name, args);
  }

  onWarning(message: string): void {
    this.#events.onWarning?.(message);
  }

  onReconnectRequest(request: ReconnectRequest): void {
    const { trusted } = this.attempt;
    this.#events.onReconnectRequest?.({
      ...request,
      url: reconnectUrl(this.attempt, request.tcUrl),
      trusted,
    });
  }

  /** A reset, not a FIN: the server must not take a failure for a clean end. */
  onFailure(error: RtmpError): void {
    this.#error = error;
    const waiter = this.#waiter;
    this.#waiter = undefined;
    // The end of a stream that was asked for: the reset would take it away.
    if (!this.#connected) this.outbox.flush();
    reset(this.#socket);
    waiter?.reject(error);
  }

  #wait(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiter = { resolve, reject };
    });
  }

  #listen(): void {
    const socket = this.#socket;
    socket.on('data', (bytes) => {
      this.#pace.spend(bytes.length);
      this.#receive(bytes);
      this.#arm();
      this.#restIfFlooded();
    });
    socket.on('end', () => this.#onPeerEnd());
    socket.on('error', (cause) => {
      // A server that resets in answer to our close may have thrown away the tail of the stream, unless it
      // had said goodbye first and we had nothing left to say.
      if (!this.#isComplete) this.#onLost(cause);
    });
    socket.once('close', () => this.#onSocketClose());
    this.#signal?.addEventListener('abort', this.#onAbort);
  }

  readonly #onAbort = (): void => {
    if (!this.#isComplete) this.session.fail(aborted(this.#signal, this.#stage));
    reset(this.#socket);
  };

  #onForbidden(): void {
    this.session.fail(aborted(undefined, this.#stage));
    reset(this.#socket);
  }

  /**
   * True when the stream was ended by us, and the server has ended the connection with all of it in hand.
   */
  get #isComplete(): boolean {
    return this.#closing && this.#peerEnded && this.outbox.queuedBytes === 0;
  }

  get #stage(): RtmpStage {
    return this.#leaving ? 'close' : stageOf(this.session.state);
  }

  /** Bytes that are still queued will not be read by anyone. */
  #onPeerEnd(): void {
    this.#peerEnded = true;
    if (!this.#isComplete) this.#onLost();
  }

  #onLost(cause?: Error): void {
    // A connection that was told to close is lost while closing.
    if (this.#leaving) this.session.unpublish();
    this.session.fail(this.session.connectionLost(cause));
  }

  /** Takes bytes of the peer. The answers to them are limited where the queue does not move. */
  #receive(bytes: Uint8Array): void {
    const before = this.outbox.queuedBytes;
    this.session.receive(bytes);
    const permitted = this.#maxUnreadReplyBytes;
    if (before <= permitted) this.#replyBytes = 0;
    else this.#replyBytes += this.outbox.queuedBytes - before;
    if (this.#replyBytes > permitted) this.session.fail(unreadReplies(this.#replyBytes, permitted));
  }

  /**
   * While closing: the reset discards what the kernel still holds, and without the server's FIN that may be
   * much.
   */
  #onDeadline(): void {
    if (!this.#leaving) this.session.expire();
    else if (this.#isComplete) reset(this.#socket);
    else this.session.fail(closeTimeout(this.outbox.queuedBytes, this.#timeouts.close));
  }

  /**
   * A server that floods is read no faster than a server has reason to talk: the thread belongs to others,
   * too.
   */
  #restIfFlooded(): void {
    const { wait } = this.#pace;
    if (wait === 0 || this.#gone) return;
    this.#socket.pause();
    this.#rest = setTimeout(() => this.#socket.resume(), wait);
  }

  #arm(): void {
    if (!this.#leaving) this.#deadline.set(this.session.deadline);
  }

  #onSocketClose(): void {
    if (!this.#isComplete) this.#onLost();
    this.#gone = true;
    this.#deadline.clear();
    clearTimeout(this.#rest);
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.outbox.close();
    this.#waiter?.reject(this.#error ?? closedByCaller());
    this.#waiter = undefined;
    this.#resolveClosed();
    if (this.#connected) this.#events.onClose?.(this.#error);
  }
}
