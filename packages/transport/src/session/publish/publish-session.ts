import type { AmfValue } from '../../amf/value.js';
import type { SliceSink } from '../../bits/slice-sink.js';
import type { RtmpError, RtmpStage } from '../../errors.js';
import { ClientHandshake } from '../../handshake/client.js';
import { ACKNOWLEDGEMENT_WINDOW } from '../../limits.js';
import type { MediaMessage } from '../../message/type.js';
import { checkedStreamId, noAnswer, noStreamId, refusedBy } from '../client/client-failures.js';
import {
  readServerMessage,
  type ServerAnswer,
  type ServerMessage,
  type ServerStatus,
} from '../client/server-message.js';
import { isFailure, type RtmpStatus, statusOf } from '../client/status.js';
import { type Capabilities, NO_CAPABILITIES, readCapabilities } from '../common/capabilities.js';
import { checkSession } from '../common/check-session.js';
import { MessageChannel } from '../common/message-channel.js';
import { placeError } from '../common/place-error.js';
import { AnswerDeadline } from './answer-deadline.js';
import { checkMessageSize, checkNames } from './checks.js';
import type { ServerProfile } from './profile.js';
import * as failures from './publish-failures.js';
import { PublishRequests } from './publish-requests.js';
import {
  awaitedBy,
  isEnd,
  type PublishSessionHandler,
  type PublishSessionOptions,
  type PublishState,
  type SessionState,
  stageOf,
  timedStageOf,
} from './publish-state.js';
import { ServerNews } from './server-news.js';

/**
 * The client's side of an RTMP connection that publishes, without a socket: bytes go in through
 * {@link receive}, bytes come out of the sink, time comes from a clock.
 */
export class PublishSession {
  readonly #options: PublishSessionOptions;
  readonly #handler: PublishSessionHandler;
  readonly #sink: SliceSink;
  readonly #channel: MessageChannel;
  readonly #requests: PublishRequests;
  readonly #news: ServerNews;
  readonly #deadline: AnswerDeadline;
  #state: SessionState = { name: 'idle' };
  #capabilities: Capabilities = NO_CAPABILITIES;
  #digestVerified = false;
  #largestMessage = 0;

  constructor(options: PublishSessionOptions, sink: SliceSink, handler: PublishSessionHandler) {
    this.#options = checkSession(options, sink, handler);
    this.#handler = handler;
    this.#sink = sink;
    this.#channel = new MessageChannel(sink, this, options.limits, ACKNOWLEDGEMENT_WINDOW);
    this.#requests = new PublishRequests(options, this.#channel);
    this.#news = new ServerNews(options.now, handler);
    this.#deadline = new AnswerDeadline(options.now);
  }

  get state(): PublishState {
    return this.#state.name;
  }

  /** Time at which {@link expire} is due, on the session's clock; infinite while nothing is awaited. */
  get deadline(): number {
    return this.#deadline.at;
  }

  /** The server's habits, as given or detected. */
  get profile(): ServerProfile {
    return this.#requests.profile;
  }

  /** The id that the server gave the message stream: not always 1; 0 while there is none. */
  get messageStreamId(): number {
    return 'messageStreamId' in this.#state ? this.#state.messageStreamId : 0;
  }

  /** The server's announcement in its reply to `connect`. */
  get capabilities(): Capabilities {
    return this.#capabilities;
  }

  /** The sequence number of the server's last Acknowledgement: a health signal only. */
  get acknowledged(): number {
    return this.#channel.acknowledged;
  }

  /** Asks the server to acknowledge at least every so many bytes, unless it was asked for that last. */
  requestAcknowledgements(bytes: number): void {
    this.#channel.requestAcknowledgements(bytes);
  }

  /** Messages of the server that were ignored: not readable, or more than a caller can take. */
  get leftAside(): number {
    return this.#news.leftAside;
  }

  /** True when the server answered the digest handshake with a valid digest of its own. */
  get digestVerified(): boolean {
    return this.#digestVerified;
  }

  /** Sends the first bytes. The transport below must be connected. */
  start(): void {
    if (this.#state.name !== 'idle') throw failures.misplacedCall('start', this.#state.name, 'idle');
    const { handshake: mode, digestScheme, random, now, timeouts } = this.#options;
    const handshake = new ClientHandshake({ mode, digestScheme, random, now }, this.#sink);
    this.#enter({ name: 'handshaking', handshake }, timeouts.handshake);
    handshake.start();
  }

  /** Takes what the server sent. Never throws: what goes wrong arrives at `onFailure`. */
  receive(bytes: Uint8Array): void {
    if (this.#state.name === 'idle' || this.#state.name === 'failed') return;
    try {
      const rest =
        this.#state.name === 'handshaking' ? this.#shakeHands(this.#state.handshake, bytes) : bytes;
      if (rest.length > 0) this.#channel.receive(rest);
      if (this.#largestMessage > 0) this.#deadline.onAcknowledged(this.acknowledged);
    } catch (error) {
      this.fail(placeError(error, stageOf(this.#state.name)));
    }
  }

  /** To be called at {@link deadline}: fails the session when what it waits for has not come. */
  expire(): void {
    if (this.#deadline.hasPassed) this.fail(noAnswer(stageOf(this.#state.name)));
  }

  /** Ends the session with an error, once. */
  fail(error: RtmpError): void {
    if (this.#state.name === 'failed') return;
    // The server may have begun the stream that it was asked for.
    if (this.#state.name === 'requesting-publish') this.#requests.unpublish(this.#state.messageStreamId);
    this.#enter({ name: 'failed' });
    this.#handler.onFailure(error);
  }

  /** The error for a connection that closed, or broke with `cause`, in the present state. */
  connectionLost(cause?: unknown): RtmpError {
    return failures.lostConnection(this.#state, this.#options.now(), this.#largestMessage, cause);
  }

  /**
   * Sends a media or data message on the published stream. The payload is not copied.
   * @throws RtmpError `ERR_CLOUDPUSH_INVALID_STATE`, `ERR_CLOUDPUSH_MESSAGE_TOO_LARGE`: nothing was sent then
   */
  send(message: MediaMessage): void {
    const state = this.#state;
    if (state.name !== 'publishing') throw failures.misplacedCall('send', state.name, 'publishing');
    if (message.size > this.#largestMessage) {
      checkMessageSize(this.profile, message.size);
      this.#largestMessage = message.size;
    }
    this.#channel.media(state.messageStreamId, message);
  }

  /** Sends a command on the connection (message stream 0) that nobody has to answer. */
  command(name: string, ...args: AmfValue[]): void {
    this.#requests.command(name, ...args);
  }

  /** Ends the present stream: FCUnpublish, then deleteStream with the numeric id. */
  unpublish(): void {
    if (this.#state.name !== 'publishing') return;
    const { messageStreamId } = this.#state;
    this.#enter({ name: 'unpublished' });
    this.#requests.unpublish(messageStreamId);
  }

  /** Ends the present stream, if any, and publishes the next on this connection; `onPublishing` follows. */
  publishNext(streamName: string): void {
    const { name } = this.#state;
    if (name !== 'publishing' && name !== 'unpublished')
      throw failures.misplacedCall('publishNext', name, 'unpublished');
    checkNames(this.profile, this.#options.connectObject, streamName);
    this.unpublish();
    this.#requests.streamName = streamName;
    this.#createStream();
  }

  /** Called by the channel. */
  onMessage(type: number, messageStreamId: number, _timestamp: number, payload: Uint8Array): void {
    if (this.#state.name === 'failed') return;
    const message = readServerMessage(type, payload, this.#options.limits);
    if (message !== undefined) this.#onServerMessage(message, messageStreamId, payload.length);
  }

  /** Returns what stands behind the handshake. */
  #shakeHands(handshake: ClientHandshake, bytes: Uint8Array): Uint8Array {
    const rest = bytes.subarray(handshake.push(bytes));
    if (!handshake.done) return rest;
    this.#digestVerified = handshake.digestVerified;
    this.#enter({ name: 'connecting' }, this.#options.timeouts.connect);
    this.#requests.connect();
    return rest;
  }

  #createStream(): void {
    this.#enter({ name: 'creating-stream' }, this.#options.timeouts.createStream);
    for (const risk of this.#requests.createStream()) this.#handler.onWarning?.(risk);
  }

  #publish(messageStreamId: number): void {
    this.#enter({ name: 'requesting-publish', messageStreamId }, this.#options.timeouts.publish);
    this.#requests.publish(messageStreamId);
  }

  #onServerMessage(message: ServerMessage, messageStreamId: number, size: number): void {
    switch (message.kind) {
      case 'result':
        this.#onResult(message);
        break;
      case 'error':
        this.#onError(message);
        break;
      case 'status':
        this.#onStatus(message, messageStreamId, size);
        break;
      case 'close':
        // After deleteStream it is a goodbye: whether something was still queued, the handler knows.
        if (this.#state.name === 'unpublished') this.#handler.onCommand('close', message.args);
        else this.fail(this.connectionLost());
        break;
      case 'bandwidth-check':
        this.#requests.answer(message.transactionId);
        break;
      case 'news':
        this.#news.command(message.command, size);
        break;
      default:
        message satisfies never;
    }
  }

  /** An answer that is awaited must hold what it is awaited for; what else is in it may be anything. */
  #onResult({ transactionId, args, damage }: ServerAnswer): void {
    const awaited = awaitedBy(this.#state.name);
    if (!this.#requests.settles(transactionId, awaited)) return;
    if (awaited === 'createStream') {
      const id = args.find((arg) => typeof arg === 'number');
      if (typeof id === 'number') this.#publish(checkedStreamId(id));
      // With id 0 it may have been an answer to something else.
      else if (transactionId !== 0) throw damage ?? noStreamId();
      return;
    }
    if (damage !== undefined && args.length === 0) throw damage;
    this.#onConnected(statusOf(args), args);
  }

  #onConnected(status: RtmpStatus, args: readonly AmfValue[]): void {
    if (isFailure(status)) {
      this.fail(this.#refusal(status, 'connect'));
      return;
    }
    this.#requests.recognize(args);
    this.#capabilities = readCapabilities(args);
    this.#channel.wantAcknowledgements();
    this.#createStream();
  }

  /** With id 0 it is about `connect`; later, some servers so refuse releaseStream, which does no harm. */
  #onError({ transactionId, args }: ServerAnswer): void {
    if (transactionId === 0 && this.#state.name !== 'connecting') return;
    const awaited = awaitedBy(this.#state.name);
    if (!this.#requests.settles(transactionId, awaited)) return;
    this.fail(this.#refusal(statusOf(args), stageOf(this.#state.name)));
  }

  #onStatus({ status, damage }: ServerStatus, messageStreamId: number, size: number): void {
    if (this.#news.takesReconnectRequest(status)) return;
    if (damage !== undefined && status.info === undefined) {
      // It may be what the session waits for, and will not be said twice.
      if (this.#state.name === 'requesting-publish') throw damage;
      this.#news.misunderstand(damage.message);
      return;
    }
    this.#news.status(status, size, () => this.#refusal(status, 'publishing').details);
    if (this.#state.name === 'requesting-publish' && status.code === 'NetStream.Publish.Start') {
      this.#enter({ ...this.#state, name: 'publishing', since: this.#options.now() });
      this.#handler.onPublishing();
    } else if (isEnd(this.#state, status, messageStreamId)) {
      this.fail(this.#refusal(status, stageOf(this.#state.name)));
    }
  }

  #refusal(status: RtmpStatus, stage: RtmpStage): RtmpError {
    return refusedBy(status, stage, { secrets: [], ...this.#options, streamName: this.#requests.streamName });
  }

  #enter(state: SessionState, timeout = Number.POSITIVE_INFINITY): void {
    this.#state = state;
    this.#options.timer?.begin(timedStageOf(state.name));
    this.#deadline.start(timeout);
  }
}
