import { performance } from 'node:perf_hooks';
import type { AmfValue } from '../../amf/value.js';
import { RtmpError } from '../../errors.js';
import type { MediaMessage } from '../../message/type.js';
import { checkTypes, notMadeByNew, type OptionTypes } from '../../option-types.js';
import { firstAttempt, nextAttempt } from '../../session/client/attempt.js';
import { type ConnectTimings, StageTimer } from '../../session/client/stage-timer.js';
import type { Capabilities } from '../../session/common/capabilities.js';
import { type CodecForm, chooseForm } from '../../session/publish/codec-form.js';
import type { ServerProfile } from '../../session/publish/profile.js';
import type { PublishSession } from '../../session/publish/publish-session.js';
import type { PublishState } from '../../session/publish/publish-state.js';
import { parseRtmpUrl, publishedName } from '../../url.js';
import { aborted } from '../common/abort.js';
import { dial } from '../dial/dial.js';
import type { Outbox } from './outbox.js';
import { type PublishAttempt, PublishConnection } from './publish-connection.js';
import { noStreamName, outboxFull } from './publisher-errors.js';
import type { PublisherEvents, PublisherOptions, Releasable } from './publisher-options.js';
import { attemptOptions, checkOptions, freshNonce, queueLimits, resolveTimeouts } from './settings.js';

const EVENTS: OptionTypes<keyof PublisherEvents> = {
  onDrain: 'function',
  onStatus: 'function',
  onCommand: 'function',
  onReconnectRequest: 'function',
  onWarning: 'function',
  onClose: 'function',
};

/** A connection that publishes one stream after the other. */
export class RtmpPublisher {
  readonly #connection: PublishConnection;
  readonly #session: PublishSession;
  readonly #outbox: Outbox;
  readonly #timer: StageTimer;
  readonly #maxQueuedBytes: number;
  /** It has been told to close. */
  #leaving = false;

  /**
   * Connects and publishes: resolves when the server has said `NetStream.Publish.Start`. Authenticates,
   * follows redirects and falls back to the digest handshake on the way, each on a new connection.
   * @throws RtmpError (rejection) with `stage` and `class`
   * @example
   * const publisher = await RtmpPublisher.connect(
   *   { url: 'rtmp://host/live/camera' },
   *   { onDrain: () => sendMore(), onClose: (error) => reconnect(error) },
   * );
   */
  static async connect(options: PublisherOptions, events: PublisherEvents = {}): Promise<RtmpPublisher> {
    checkOptions(options);
    checkTypes('events', events, EVENTS);
    const timeouts = resolveTimeouts(options.timeouts);
    const url = parseRtmpUrl(options.url, { app: options.app });
    if (publishedName(url) === '' && options.streamName === undefined) throw noStreamName();
    const rules = attemptOptions(options, url);
    let attempt = firstAttempt(url, options.streamName, rules);
    for (;;) {
      if (options.signal?.aborted) throw aborted(options.signal, 'socket');
      try {
        return await RtmpPublisher.#try({ attempt, options, timeouts, events });
      } catch (error) {
        if (!(error instanceof RtmpError)) throw error;
        const next = nextAttempt(attempt, error, rules, freshNonce());
        if (next instanceof RtmpError) throw next;
        attempt = next;
      }
    }
  }

  static async #try(request: PublishAttempt): Promise<RtmpPublisher> {
    const { attempt, options, timeouts, events } = request;
    const onWarning = (message: string): void => events.onWarning?.(message);
    const timer = new StageTimer(() => performance.now());
    const socket = await dial({ url: attempt.url, options, timeouts, timer, onWarning });
    const connection = new PublishConnection(socket, request, timer);
    await connection.begin();
    return new RtmpPublisher(connection, timer, queueLimits(options).maxQueuedBytes);
  }

  private constructor(connection: PublishConnection, timer: StageTimer, maxQueuedBytes: number) {
    if (!(connection instanceof PublishConnection))
      throw notMadeByNew('RtmpPublisher', 'RtmpPublisher.connect');
    this.#connection = connection;
    this.#session = connection.session;
    this.#outbox = connection.outbox;
    this.#timer = timer;
    this.#maxQueuedBytes = maxQueuedBytes;
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
    return this.#connection.bytesRead;
  }

  /**
   * The sequence number of the server's last Acknowledgement: a health signal, wrong with some servers above
   * 2^31.
   */
  get acknowledged(): number {
    return this.#session.acknowledged;
  }

  /** The server's announcement about Enhanced RTMP. */
  get capabilities(): Capabilities {
    return this.#session.capabilities;
  }

  /** The server's habits, as given or detected. */
  get profile(): ServerProfile {
    return this.#session.profile;
  }

  /**
   * Messages of the server that were left aside: not understood, or more than a caller should have to hear.
   */
  get leftAside(): number {
    return this.#session.leftAside;
  }

  get state(): PublishState {
    return this.#session.state;
  }

  /** The handshake that led here, and whether the server proved that it knows the digest one. */
  get handshake(): { readonly mode: 'simple' | 'digest'; readonly digestVerified: boolean } {
    return { mode: this.#connection.attempt.handshake, digestVerified: this.#session.digestVerified };
  }

  /**
   * Time that each stage of the attempt took that led here: steps before it, such as authentication and
   * redirects on connections of their own, are not in it. After {@link nextStream}, `createStream` and
   * `publish` are those of the new stream.
   */
  get timings(): ConnectTimings {
    return this.#timer.timings;
  }

  /**
   * The form in which to send a codec, video or audio, by its FourCC, to this server: see {@link chooseForm}.
   * @throws RtmpError `ERR_CLOUDPUSH_CODEC_REFUSED`
   */
  formOf(fourCc: string, wish: CodecForm | 'auto' = 'auto'): CodecForm {
    const { profile, capabilities } = this.#session;
    return chooseForm(fourCc, capabilities, profile, wish);
  }

  /**
   * Queues one message. `false`: no more now, wait for `onDrain`; the message was taken all the same. On a
   * connection that is closing or gone the message is given up: its owner is released at once.
   * @throws RtmpError `ERR_CLOUDPUSH_INVALID_STATE` between segments, `ERR_CLOUDPUSH_MESSAGE_TOO_LARGE`,
   * `ERR_CLOUDPUSH_OUTBOX_FULL`: the message was not taken then, its owner not released
   */
  send(message: MediaMessage, owner: Releasable | undefined): boolean {
    // While the session publishes, the connection is open: it need not be looked at for every message.
    if ((this.#leaving || this.#session.state !== 'publishing') && !this.#connection.isOpen) {
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

  /**
   * Asks the server to acknowledge what it receives at least every so many bytes (RTMP 1.0 §5.4.4), so that
   * `acknowledged` is newer on a slow path. It goes out at the end of the turn; the same number again sends
   * nothing.
   * @param bytes 1 to 262,144, which is what a server is asked for at first; more counts as that
   */
  requestAcknowledgements(bytes: number): void {
    if (this.#connection.isOpen) this.#session.requestAcknowledgements(bytes);
  }

  /** Sends a command on the connection that the server need not answer. */
  command(name: string, ...args: AmfValue[]): void {
    if (this.#connection.isOpen) this.#session.command(name, ...args);
  }

  /**
   * Ends the present stream and publishes the next on the same connection (a segment). The name includes its
   * query; the token goes behind it where it did so with the first stream. Resolves when the server has
   * accepted; until then {@link send} throws.
   * @throws RtmpError (rejection) `ERR_CLOUDPUSH_INVALID_STATE` (another call waits, or the connection is
   *   closing), `ERR_CLOUDPUSH_MESSAGE_TOO_LARGE` (the server would cut the name): nothing has changed then.
   *   With any other code the connection is gone.
   */
  async nextStream(streamName: string): Promise<void> {
    await this.#connection.publishNext(streamName);
  }

  /** Ends the present stream without ending the connection: {@link nextStream} may follow. */
  unpublish(): void {
    this.#session.unpublish();
  }

  /**
   * Ends the stream and the connection: FCUnpublish, deleteStream, everything queued, FIN; then reads on
   * until the server's FIN, because closing with unread bytes would make the kernel reset the connection and
   * the server lose the tail. Always ends: at the latest after the time-out `close`, with a reset. Never
   * rejects.
   */
  close(): Promise<void> {
    this.#leaving = true;
    return this.#connection.close();
  }

  /**
   * Resets the connection now; everything queued is given up and released. `onClose` gets the error, or
   * `ERR_CLOUDPUSH_ABORTED` when none is given, unless {@link close} had done its work.
   */
  destroy(error?: RtmpError): void {
    this.#connection.destroy(error);
  }

  /** Closes the connection as `close()` does, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
