import { type AmfValue, stringProperty } from '../../amf/value.js';
import type { SliceSink } from '../../bits/slice-sink.js';
import { RtmpError, RtmpErrorCode, type RtmpStage } from '../../errors.js';
import { ClientHandshake } from '../../handshake/client.js';
import { ACKNOWLEDGEMENT_WINDOW } from '../../limits.js';
import { encodeCommand, type HeardCommand, hearCommand, hearData } from '../../message/command.js';
import { type MediaMessage, MessageType } from '../../message/type.js';
import { queryValues, withForms } from '../../redaction/known-secrets.js';
import { type Capabilities, NO_CAPABILITIES, readCapabilities } from '../common/capabilities.js';
import { MessageChannel } from '../common/message-channel.js';
import { placeError } from '../common/place-error.js';
import { checkMessageSize, checkNames, namesAtRisk } from './checks.js';
import { textsIn } from './own-texts.js';
import { detectProfile, type ServerProfile, serverProfile } from './profile.js';
import {
  type PublishSessionHandler,
  type PublishSessionOptions,
  type PublishState,
  stageOf,
  timedStageOf,
} from './publish-state.js';
import { ServerNews } from './server-news.js';
import { SilentEnd } from './silent-end.js';
import { failureOf, isAside, isFailure, type RtmpStatus, statusOf } from './status.js';
import { type PendingCommand, Transactions } from './transactions.js';

const NEVER = Number.POSITIVE_INFINITY;

/**
 * The client's side of an RTMP connection that publishes, without a socket: bytes go in through
 * {@link receive}, bytes come out of the sink, time comes from a clock.
 */
export class PublishSession {
  readonly #options: PublishSessionOptions;
  readonly #handler: PublishSessionHandler;
  /** Gone once it is done: it holds some kilobytes. */
  #handshake: ClientHandshake | undefined;
  #digestVerified = false;
  readonly #channel: MessageChannel;
  readonly #transactions = new Transactions();
  readonly #news: ServerNews;
  readonly #silentEnd: SilentEnd;
  #state: PublishState = 'idle';
  #deadline = NEVER;
  #streamName: string;
  #messageStreamId = 0;
  #profile: ServerProfile;
  #capabilities: Capabilities = NO_CAPABILITIES;
  #largestMessage = 0;

  constructor(options: PublishSessionOptions, sink: SliceSink, handler: PublishSessionHandler) {
    this.#options = options;
    this.#handler = handler;
    this.#streamName = options.streamName;
    this.#profile = serverProfile(options.profile === 'auto' ? 'generic' : options.profile);
    this.#channel = new MessageChannel(sink, this, options.limits, ACKNOWLEDGEMENT_WINDOW);
    this.#news = new ServerNews(options.now, (message) => handler.onWarning?.(message));
    this.#silentEnd = new SilentEnd(options.now);
    this.#handshake = new ClientHandshake(
      {
        mode: options.handshake,
        digestScheme: options.digestScheme,
        random: options.random,
        now: options.now,
      },
      sink,
    );
  }

  get state(): PublishState {
    return this.#state;
  }

  /** When {@link expire} is due, on the session's clock; infinite while nothing is awaited. */
  get deadline(): number {
    return this.#deadline;
  }

  /** The server's habits, as given or detected. */
  get profile(): ServerProfile {
    return this.#profile;
  }

  /** What the server announced in its reply to `connect`. */
  get capabilities(): Capabilities {
    return this.#capabilities;
  }

  /** The message stream id that the server gave us: not always 1. */
  get messageStreamId(): number {
    return this.#messageStreamId;
  }

  /** The sequence number of the server's last Acknowledgement: a health signal only. */
  get acknowledged(): number {
    return this.#channel.acknowledged;
  }

  /** Asks the server to acknowledge at least every so many bytes, unless that is what it was asked for last. */
  requestAcknowledgements(bytes: number): void {
    this.#channel.requestAcknowledgements(bytes);
  }

  /** Messages of the server that were left aside: not understood, or more than a caller can take. */
  get leftAside(): number {
    return this.#news.leftAside;
  }

  /** Whether the server answered the digest handshake with a valid digest of its own. */
  get digestVerified(): boolean {
    return this.#digestVerified;
  }

  /** Sends the first bytes. The transport below must be connected. */
  start(): void {
    this.#expect('idle', 'start');
    this.#enter('handshaking', this.#options.timeouts.handshake);
    this.#handshake?.start();
  }

  /** Takes what the server sent. Never throws: what goes wrong arrives at `onFailure`. */
  receive(bytes: Uint8Array): void {
    if (this.#state === 'idle' || this.#state === 'failed') return;
    try {
      this.#receive(bytes);
    } catch (error) {
      this.fail(placeError(error, stageOf(this.#state)));
    }
  }

  /** To be called at {@link deadline}: fails the session when what it waits for has not come. */
  expire(): void {
    if (this.#options.now() < this.#deadline) return;
    const stage = stageOf(this.#state);
    this.fail(
      new RtmpError(RtmpErrorCode.timeout, stage, `the server did not answer within the time-out (${stage})`),
    );
  }

  /** Ends the session with an error, once. */
  fail(error: RtmpError): void {
    if (this.#state === 'failed') return;
    this.#enter('failed', NEVER);
    this.#handler.onFailure(error);
  }

  /** The error for a connection that closed, or broke with `cause`, in the present state. */
  connectionLost(cause?: unknown): RtmpError {
    const stage = stageOf(this.#state);
    const tooLarge =
      this.#largestMessage > 2 ** 20
        ? `; the largest message had ${this.#largestMessage} bytes, and nginx-rtmp's default max_message is 1048576`
        : '';
    const silent = this.#silentEnd.after(this.#state);
    const code = cause === undefined ? RtmpErrorCode.peerClosed : RtmpErrorCode.socket;
    const what = cause === undefined ? 'the server closed the connection' : 'the connection broke';
    const text = `${what} (${stage})${tooLarge}${silent?.hint ?? ''}`;
    return new RtmpError(code, stage, text, { cause, ...(silent && { details: silent.details }) });
  }

  /**
   * Sends a media or data message on the published stream. The payload is not copied.
   * @throws RtmpError `ERR_CLOUDPUSH_INVALID_STATE`, `ERR_CLOUDPUSH_MESSAGE_TOO_LARGE`: nothing was sent then
   */
  send(message: MediaMessage): void {
    if (this.#state !== 'publishing') this.#expect('publishing', 'send');
    if (message.size > this.#largestMessage) {
      checkMessageSize(this.#profile, message.size);
      this.#largestMessage = message.size;
    }
    this.#channel.media(this.#messageStreamId, message);
  }

  /** Sends a command on the connection (message stream 0) that nobody has to answer. */
  command(name: string, ...args: AmfValue[]): void {
    this.#channel.command(0, encodeCommand(name, this.#transactions.next(), null, ...args));
  }

  /** Ends the present stream: FCUnpublish, then deleteStream with the numeric id. */
  unpublish(): void {
    if (this.#state !== 'publishing') return;
    this.#enter('unpublished', NEVER);
    if (this.#profile.fcPublish) this.command('FCUnpublish', this.#streamName);
    this.command('deleteStream', this.#messageStreamId);
  }

  /** Ends the present stream, if any, and publishes the next on the same connection; `onPublishing` follows. */
  publishNext(streamName: string): void {
    if (this.#state !== 'publishing') this.#expect('unpublished', 'publishNext');
    checkNames(this.#profile, this.#options.connectObject, streamName);
    this.unpublish();
    this.#streamName = streamName;
    this.#createStream();
  }

  /** Called by the channel. */
  onMessage(type: number, messageStreamId: number, _timestamp: number, payload: Uint8Array): void {
    if (this.#state === 'failed') return;
    switch (type) {
      case MessageType.commandAmf0:
      case MessageType.commandAmf3:
        this.#onCommand(hearCommand(type, payload, this.#options.limits), messageStreamId, payload.length);
        break;
      case MessageType.dataAmf0:
      case MessageType.dataAmf3:
        this.#tell(hearData(type, payload, this.#options.limits), payload.length);
        break;
      default: // a server has no media for a publisher
    }
  }

  #receive(bytes: Uint8Array): void {
    let rest = bytes;
    if (this.#handshake !== undefined) {
      rest = bytes.subarray(this.#handshake.push(bytes));
      if (!this.#handshake.done) return;
      this.#digestVerified = this.#handshake.digestVerified;
      this.#handshake = undefined;
      this.#connect();
    }
    if (rest.length > 0) this.#channel.receive(rest);
  }

  /**
   * Set Chunk Size goes right before `connect`, so that this already fits one chunk, and never after publish.
   */
  #connect(): void {
    const { connectObject, connectArguments, chunkSize, timeouts } = this.#options;
    this.#enter('connecting', timeouts.connect);
    checkNames(this.#profile, connectObject, this.#streamName);
    this.#channel.setChunkSize(chunkSize ?? this.#profile.chunkSize);
    const id = this.#transactions.begin('connect');
    this.#channel.command(0, encodeCommand('connect', id, connectObject, ...connectArguments));
  }

  /** releaseStream and FCPublish are not waited for: half of the servers never answer. */
  #createStream(): void {
    this.#enter('creating-stream', this.#options.timeouts.createStream);
    this.#messageStreamId = 0;
    for (const risk of namesAtRisk(this.#profile, this.#options.connectObject, this.#streamName))
      this.#handler.onWarning?.(risk);
    if (this.#profile.releaseStream) this.#request('releaseStream', this.#streamName);
    if (this.#profile.fcPublish) this.#request('FCPublish', this.#streamName);
    this.#request('createStream');
  }

  #request(name: PendingCommand, ...args: AmfValue[]): void {
    this.#channel.command(0, encodeCommand(name, this.#transactions.begin(name), null, ...args));
  }

  #publish(messageStreamId: number): void {
    this.#messageStreamId = messageStreamId;
    this.#enter('requesting-publish', this.#options.timeouts.publish);
    const id = this.#transactions.next();
    const { publishType } = this.#options;
    this.#channel.command(messageStreamId, encodeCommand('publish', id, null, this.#streamName, publishType));
  }

  #onCommand(command: HeardCommand, messageStreamId: number, size: number): void {
    const { name, transactionId, args } = command;
    switch (name) {
      case '_result':
        this.#onResult(command);
        break;
      case '_error':
        this.#onError(transactionId, args);
        break;
      case 'onStatus':
        this.#onStatus(statusOf(args), messageStreamId, command, size);
        break;
      case 'close':
        // After deleteStream it is a goodbye, which the handler can tell from a loss: it knows what is still queued.
        if (this.#state === 'unpublished') this.#handler.onCommand(name, args);
        else this.fail(this.connectionLost());
        break;
      case '_checkbw':
        this.#channel.command(0, encodeCommand('_result', transactionId, null));
        break;
      case 'onBWDone':
      case 'onFCPublish':
      case 'onFCUnpublish':
        break;
      default:
        this.#tell(command, size);
    }
  }

  /** Hands on what the session has no use for. Who does not speak AMF has nothing to say to a publisher. */
  #tell({ name, args, damage }: HeardCommand, size: number): void {
    if (damage !== undefined) this.#news.misunderstand(damage.message);
    else if (this.#news.admits(size)) this.#handler.onCommand(name, args);
  }

  #awaited(): PendingCommand | undefined {
    if (this.#state === 'connecting') return 'connect';
    return this.#state === 'creating-stream' ? 'createStream' : undefined;
  }

  /** An answer that is awaited must hold what it is awaited for; what else is in it may be anything. */
  #onResult({ transactionId, args, damage }: HeardCommand): void {
    const command = this.#transactions.settle(transactionId, this.#awaited());
    if (command === undefined || command !== this.#awaited()) return;
    if (command === 'createStream') {
      const id = args.find((arg) => typeof arg === 'number');
      if (typeof id === 'number') this.#publish(checkedStreamId(id));
      // With id 0 it may have been an answer to something else.
      else if (transactionId !== 0) throw damage ?? noStreamId();
      return;
    }
    if (damage !== undefined && args.length === 0) throw damage;
    const status = statusOf(args);
    if (isFailure(status)) {
      this.fail(this.#failureOf(status, 'connect'));
      return;
    }
    if (this.#options.profile === 'auto') this.#profile = serverProfile(detectProfile(args));
    this.#capabilities = readCapabilities(args);
    this.#channel.wantAcknowledgements();
    this.#createStream();
  }

  /** With id 0 it can only be about `connect`; later, some servers so refuse releaseStream, which does no harm. */
  #onError(transactionId: number, args: readonly AmfValue[]): void {
    if (transactionId === 0 && this.#state !== 'connecting') return;
    const command = this.#transactions.settle(transactionId, this.#awaited());
    if (command !== undefined && command === this.#awaited())
      this.fail(this.#failureOf(statusOf(args), stageOf(this.#state)));
  }

  #onStatus(status: RtmpStatus, messageStreamId: number, { damage }: HeardCommand, size: number): void {
    if (status.code === 'NetConnection.Connect.ReconnectRequest') {
      if (!this.#news.admitsReconnectRequest()) return;
      const tcUrl = stringProperty(status.info, 'tcUrl');
      this.#handler.onReconnectRequest({ tcUrl, description: status.description });
      return;
    }
    if (damage !== undefined && status.info === undefined) {
      // It may be what the session waits for, and will not be said twice.
      if (this.#state === 'requesting-publish') throw damage;
      this.#news.misunderstand(damage.message);
      return;
    }
    if (this.#news.admits(size)) this.#noteStatus(status);
    if (this.#state === 'requesting-publish' && status.code === 'NetStream.Publish.Start') {
      this.#silentEnd.began();
      this.#enter('publishing', NEVER);
      this.#handler.onPublishing();
    } else if (this.#ends(status, messageStreamId)) {
      this.fail(this.#failureOf(status, stageOf(this.#state)));
    }
  }

  #noteStatus(status: RtmpStatus): void {
    this.#handler.onStatus(status);
    if (!isAside(status) || status.level !== 'error') return;
    const { serverCode, description } = this.#failureOf(status, 'publishing').details;
    const words = [serverCode, description].filter(Boolean).join(': ');
    this.#handler.onWarning?.(`the server reports an error that does not affect publishing: ${words}`);
  }

  /**
   * Whether a status is the end: a failure of what is awaited or runs, or our stream unpublished behind our
   * back. What a server says of another message stream, which may be the one before, is not.
   */
  #ends(status: RtmpStatus, messageStreamId: number): boolean {
    if (messageStreamId !== 0 && messageStreamId !== this.#messageStreamId) return false;
    if (this.#state === 'unpublished') return false;
    if (isFailure(status)) return true;
    return this.#state === 'publishing' && status.code === 'NetStream.Unpublish.Success';
  }

  #failureOf(status: RtmpStatus, stage: RtmpStage): RtmpError {
    const { connectObject, connectArguments, secrets = [] } = this.#options;
    const { app, tcUrl } = connectObject;
    const values = queryValues([app, tcUrl, this.#streamName, ...textsIn(connectArguments)]);
    return failureOf(status, stage, withForms([...secrets, ...values, ...textsIn(connectArguments)]));
  }

  #enter(state: PublishState, timeout: number): void {
    this.#state = state;
    this.#options.timer?.begin(timedStageOf(state));
    this.#deadline = this.#options.now() + timeout;
  }

  #expect(state: PublishState, operation: string): void {
    if (this.#state === state) return;
    throw new RtmpError(
      RtmpErrorCode.invalidState,
      stageOf(this.#state),
      `${operation} is not possible while ${this.#state}, only while ${state}`,
      { details: { actual: this.#state, permitted: state } },
    );
  }
}

/** A chunk header has 32 bits for it (RTMP 1.0 §5.3.1.2.1). */
function checkedStreamId(id: number): number {
  if (Number.isInteger(id) && id >= 0 && id <= 0xffffffff) return id;
  throw new RtmpError(
    RtmpErrorCode.createStreamFailed,
    'create-stream',
    `the server answered createStream with the stream id ${id}; permitted: 0 to 4294967295`,
  );
}

function noStreamId(): RtmpError {
  return new RtmpError(
    RtmpErrorCode.createStreamFailed,
    'create-stream',
    'the server answered createStream without a stream id',
  );
}
