import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import type { AmfValue } from '../amf0/value.js';
import { RtmpError, type RtmpStage, unreadReplies } from '../errors.js';
import { PUBLISHER_LIMITS } from '../limits.js';
import type { MediaMessage } from '../message/type.js';
import { type Attempt, firstAttempt, nextAttempt, reconnectUrl } from '../session/attempt.js';
import { type Capabilities, type CodecForm, chooseVideoForm } from '../session/capabilities.js';
import type { ServerProfile } from '../session/profile.js';
import { PublishSession } from '../session/publish-session.js';
import {
  type PublishSessionHandler,
  type PublishState,
  type ReconnectRequest,
  stageOf,
} from '../session/publish-state.js';
import { type ConnectTimings, StageTimer } from '../session/stage-timer.js';
import type { RtmpStatus } from '../session/status.js';
import { parseRtmpUrl } from '../url.js';
import { aborted } from './abort.js';
import { DeadlineTimer } from './deadline-timer.js';
import { dial } from './dial.js';
import { Outbox } from './outbox.js';
import {
  closedByCaller,
  closeTimeout,
  nextStreamWaits,
  noStreamName,
  outboxFull,
} from './publisher-errors.js';
import type {
  PublisherEvents,
  PublisherOptions,
  PublisherTimeouts,
  Releasable,
} from './publisher-options.js';
import { reset } from './reset.js';
import {
  attemptOptions,
  checkOptions,
  freshNonce,
  queueLimits,
  resolveTimeouts,
  sessionOptions,
} from './settings.js';

interface Waiter {
  resolve(): void;
  reject(error: RtmpError): void;
}

/** A connection that publishes one stream after the other. */
export class RtmpPublisher implements PublishSessionHandler {
  readonly #socket: Socket;
  readonly #session: PublishSession;
  readonly #outbox: Outbox;
  readonly #attempt: Attempt;
  readonly #timer: StageTimer;
  readonly #timeouts: PublisherTimeouts;
  readonly #signal: AbortSignal | undefined;
  readonly #maxQueuedBytes: number;
  readonly #maxUnreadReplyBytes: number;
  #replyBytes = 0;
  readonly #closed: Promise<void>;
  #resolveClosed: () => void = ignore;
  readonly #events: PublisherEvents;
  /** The caller has, or is about to have, this publisher: `onClose` has somebody to tell. */
  #connected = false;
  #waiter: Waiter | undefined;
  readonly #deadline = new DeadlineTimer(() => this.#onDeadline());
  #error: RtmpError | undefined;
  #closing = false;
  /** The server has closed its side. */
  #peerEnded = false;
  #gone = false;

  /**
   * Connects and publishes: resolves when the server has said `NetStream.Publish.Start`. Authenticates, follows
   * redirects and falls back to the digest handshake on the way, each on a new connection.
   * @throws RtmpError (rejection) with `stage` and `class`
   * @example
   * const publisher = await RtmpPublisher.connect(
   *   { url: 'rtmp://host/live/camera' },
   *   { onDrain: () => sendMore(), onClose: (error) => reconnect(error) },
   * );
   */
  static async connect(options: PublisherOptions, events: PublisherEvents = {}): Promise<RtmpPublisher> {
    checkOptions(options);
    const timeouts = resolveTimeouts(options.timeouts);
    const url = parseRtmpUrl(options.url, { app: options.app });
    if (url.streamName === '' && options.streamName === undefined) throw noStreamName();
    const rules = attemptOptions(options, url);
    let attempt = firstAttempt(url, options.streamName, rules);
    for (;;) {
      if (options.signal?.aborted) throw aborted(options.signal, 'socket');
      try {
        return await RtmpPublisher.#try(attempt, options, timeouts, events);
      } catch (error) {
        if (!(error instanceof RtmpError)) throw error;
        const next = nextAttempt(attempt, error, rules, freshNonce());
        if (next instanceof RtmpError) throw next;
        attempt = next;
      }
    }
  }

  static async #try(
    attempt: Attempt,
    options: PublisherOptions,
    timeouts: PublisherTimeouts,
    events: PublisherEvents,
  ): Promise<RtmpPublisher> {
    const onWarning = (message: string): void => events.onWarning?.(message);
    const timer = new StageTimer(() => performance.now());
    const socket = await dial({ url: attempt.url, publisher: options, timeouts, timer, onWarning });
    const publisher = new RtmpPublisher(socket, attempt, options, timeouts, timer, events);
    await publisher.#begin();
    return publisher;
  }

  private constructor(
    socket: Socket,
    attempt: Attempt,
    options: PublisherOptions,
    timeouts: PublisherTimeouts,
    timer: StageTimer,
    events: PublisherEvents,
  ) {
    this.#socket = socket;
    this.#events = events;
    this.#attempt = attempt;
    this.#timeouts = timeouts;
    this.#timer = timer;
    this.#signal = options.signal;
    const { highWaterMark, maxQueuedBytes } = queueLimits(options);
    this.#maxQueuedBytes = maxQueuedBytes;
    this.#maxUnreadReplyBytes = options.limits?.maxUnreadReplyBytes ?? PUBLISHER_LIMITS.maxUnreadReplyBytes;
    this.#outbox = new Outbox(socket, highWaterMark, () => this.#events.onDrain?.());
    this.#session = new PublishSession(sessionOptions(attempt, options, timeouts, timer), this.#outbox, this);
    this.#closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
    this.#listen();
  }

  /** Bytes sent but not yet accepted by the kernel. */
  get queuedBytes(): number {
    return this.#outbox.queuedBytes;
  }

  /** The same in milliseconds of media. */
  get queuedMilliseconds(): number {
    return this.#outbox.queuedMilliseconds;
  }

  /** Bytes accepted by the kernel. */
  get bytesWritten(): number {
    return this.#outbox.bytesWritten;
  }

  /** Bytes a second accepted by the kernel, smoothed over about two seconds. */
  get bytesPerSecond(): number {
    return this.#outbox.throughput.bytesPerSecond(performance.now());
  }

  /** Bytes received from the server. */
  get bytesRead(): number {
    return this.#socket.bytesRead;
  }

  /**
   * The sequence number of the server's last Acknowledgement: a health signal, wrong with some servers above
   * 2^31.
   */
  get acknowledged(): number {
    return this.#session.acknowledged;
  }

  /** What the server announced about Enhanced RTMP. */
  get capabilities(): Capabilities {
    return this.#session.capabilities;
  }

  /** The server's habits, as given or detected. */
  get profile(): ServerProfile {
    return this.#session.profile;
  }

  get state(): PublishState {
    return this.#session.state;
  }

  /** The handshake that led here, and whether the server proved that it knows the digest one. */
  get handshake(): { readonly mode: 'simple' | 'digest'; readonly digestVerified: boolean } {
    return { mode: this.#attempt.handshake, digestVerified: this.#session.digestVerified };
  }

  /**
   * How long each stage of the attempt that led here took: what came before it, as authentication and redirects on
   * connections of their own, is not in it. After {@link nextStream}, `createStream` and `publish` are those of the
   * new stream.
   */
  get timings(): ConnectTimings {
    return this.#timer.timings;
  }

  /**
   * The form in which to send a video codec, by its FourCC, to this server.
   * @throws RtmpError `ERR_CLOUDPUSH_CODEC_REFUSED`
   */
  videoForm(fourCc: string, wish: CodecForm | 'auto' = 'auto'): CodecForm {
    const { profile, capabilities } = this.#session;
    if (wish === 'auto' && fourCc === 'hvc1' && profile.enhancedHevc) return 'enhanced';
    return chooseVideoForm(fourCc, capabilities, profile.legacyHevc, wish);
  }

  /**
   * Queues one message. `false`: no more now, wait for `onDrain`; the message was taken all the same. On a
   * connection that is closing or gone the message is given up: its owner is released at once.
   * @throws RtmpError `ERR_CLOUDPUSH_INVALID_STATE` between segments, `ERR_CLOUDPUSH_MESSAGE_TOO_LARGE`,
   * `ERR_CLOUDPUSH_OUTBOX_FULL`: the message was not taken then, its owner not released
   */
  send(message: MediaMessage, owner: Releasable | undefined): boolean {
    if (this.#closing || this.#gone || this.#error !== undefined) {
      owner?.release(false);
      return false;
    }
    if (this.#outbox.queuedBytes > this.#maxQueuedBytes)
      throw outboxFull(this.#outbox.queuedBytes, this.#maxQueuedBytes);
    this.#session.send(message);
    return this.#outbox.endMessage(message.timestamp, owner);
  }

  /** Writes what was queued since the last flush: one message is one `write`, several are one `writev`. */
  flush(): void {
    this.#outbox.flush();
  }

  /** Sends a command on the connection that the server need not answer. */
  command(name: string, ...args: AmfValue[]): void {
    if (!this.#closing && !this.#gone && this.#error === undefined) this.#session.command(name, ...args);
  }

  /**
   * Ends the present stream and publishes the next on the same connection (a segment). The name includes its
   * query. Resolves when the server has accepted; until then {@link send} throws.
   * @throws RtmpError (rejection) `ERR_CLOUDPUSH_INVALID_STATE` (another call waits, or the connection is closing),
   * `ERR_CLOUDPUSH_MESSAGE_TOO_LARGE` (the server would cut the name): nothing has changed then. With any other
   * code the connection is gone.
   */
  async nextStream(streamName: string): Promise<void> {
    if (this.#error !== undefined) throw this.#error;
    if (this.#closing || this.#gone) throw closedByCaller();
    if (this.#waiter !== undefined) throw nextStreamWaits();
    const accepted = this.#wait();
    try {
      this.#session.publishNext(streamName);
    } catch (error) {
      this.#waiter = undefined;
      throw error;
    }
    this.#arm();
    await accepted;
  }

  /** Ends the present stream without ending the connection: {@link nextStream} may follow. */
  unpublish(): void {
    this.#session.unpublish();
  }

  /**
   * Ends the stream and the connection: FCUnpublish, deleteStream, everything queued, FIN; then reads on until
   * the server's FIN, because closing with unread bytes would make the kernel reset the connection and the
   * server lose the tail. Always ends: at the latest after the time-out `close`, with a reset. Never rejects.
   */
  close(): Promise<void> {
    if (this.#closing || this.#gone || this.#error !== undefined) return this.#closed;
    this.#closing = true;
    this.#session.unpublish();
    this.#outbox.end();
    this.#deadline.set(performance.now() + this.#timeouts.close);
    return this.#closed;
  }

  /**
   * Resets the connection now; everything queued is given up and released. `onClose` gets the error, or
   * `ERR_CLOUDPUSH_ABORTED` when none is given, unless {@link close} had done its work.
   */
  destroy(error?: RtmpError): void {
    if (this.#gone) return;
    if (!this.#isComplete) this.#session.fail(error ?? aborted(undefined, this.#stage));
    reset(this.#socket);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** For the session only. */
  onPublishing(): void {
    this.#connected = true;
    const waiter = this.#waiter;
    this.#waiter = undefined;
    waiter?.resolve();
  }

  /** For the session only. */
  onStatus(status: RtmpStatus): void {
    this.#events.onStatus?.(status);
  }

  /** For the session only. */
  onCommand(name: string, args: AmfValue[]): void {
    // The server's goodbye, after our deleteStream.
    if (name === 'close' && this.#session.state === 'unpublished') this.#onPeerEnd();
    this.#events.onCommand?.(name, args);
  }

  /** For the session only. */
  onReconnectRequest(request: ReconnectRequest): void {
    this.#events.onReconnectRequest?.({ ...request, url: reconnectUrl(this.#attempt, request.tcUrl) });
  }

  /** For the session only. A reset, not a FIN: the server must not take a failure for a clean end. */
  onFailure(error: RtmpError): void {
    this.#error = error;
    const waiter = this.#waiter;
    this.#waiter = undefined;
    reset(this.#socket);
    waiter?.reject(error);
  }

  async #begin(): Promise<void> {
    const publishing = this.#wait();
    // While the connection was being tuned nobody listened.
    if (this.#signal?.aborted) {
      this.#onAbort();
    } else {
      this.#session.start();
      this.#arm();
    }
    await publishing;
  }

  #wait(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiter = { resolve, reject };
    });
  }

  #listen(): void {
    const socket = this.#socket;
    socket.on('data', (bytes) => {
      this.#receive(bytes);
      this.#arm();
    });
    socket.on('end', () => this.#onPeerEnd());
    socket.on('error', (cause) => {
      // A server that resets in answer to our close may have thrown away the tail of the stream, unless it had
      // said goodbye first and we had nothing left to say.
      if (!this.#isComplete) this.#session.fail(this.#session.connectionLost(cause));
    });
    socket.once('close', () => this.#onSocketClose());
    this.#signal?.addEventListener('abort', this.#onAbort);
  }

  readonly #onAbort = (): void => {
    if (!this.#isComplete) this.#session.fail(aborted(this.#signal, this.#stage));
    reset(this.#socket);
  };

  /** Whether the stream was ended by us, and the server has ended the connection with all of it in hand. */
  get #isComplete(): boolean {
    return this.#closing && this.#peerEnded && this.#outbox.queuedBytes === 0;
  }

  get #stage(): RtmpStage {
    return this.#closing ? 'close' : stageOf(this.#session.state);
  }

  /** Bytes that are still queued will not be read by anyone. */
  #onPeerEnd(): void {
    this.#peerEnded = true;
    if (!this.#isComplete) this.#session.fail(this.#session.connectionLost());
  }

  /** What the session adds to a queue that does not move are answers, and there is an end to them. */
  #receive(bytes: Uint8Array): void {
    const before = this.#outbox.queuedBytes;
    this.#session.receive(bytes);
    const permitted = this.#maxUnreadReplyBytes;
    if (before <= permitted) this.#replyBytes = 0;
    else this.#replyBytes += this.#outbox.queuedBytes - before;
    if (this.#replyBytes > permitted) this.#session.fail(unreadReplies(this.#replyBytes, permitted));
  }

  /** While closing: the reset discards what the kernel still holds, and without the server's FIN that may be much. */
  #onDeadline(): void {
    if (!this.#closing) this.#session.expire();
    else if (this.#isComplete) reset(this.#socket);
    else this.#session.fail(closeTimeout(this.#outbox.queuedBytes, this.#timeouts.close));
  }

  #arm(): void {
    if (!this.#closing) this.#deadline.set(this.#session.deadline);
  }

  #onSocketClose(): void {
    if (!this.#isComplete) this.#session.fail(this.#session.connectionLost());
    this.#gone = true;
    this.#deadline.clear();
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.#outbox.close();
    this.#waiter?.reject(this.#error ?? closedByCaller());
    this.#waiter = undefined;
    this.#resolveClosed();
    if (this.#connected) this.#events.onClose?.(this.#error);
  }
}

function ignore(): void {}
