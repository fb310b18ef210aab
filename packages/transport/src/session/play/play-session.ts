import type { AmfValue } from '../../amf/value.js';
import type { SliceSink } from '../../bits/slice-sink.js';
import { RtmpError, RtmpErrorCode, type RtmpStage } from '../../errors.js';
import { ClientHandshake } from '../../handshake/client.js';
import { ACKNOWLEDGEMENT_WINDOW } from '../../limits.js';
import { splitAggregate } from '../../message/aggregate.js';
import { encodeCommand } from '../../message/command.js';
import { MessageType } from '../../message/type.js';
import { encodeUserControl, UserControlEvent } from '../../message/user-control.js';
import { checkedStreamId, noAnswer, noStreamId, refusedBy } from '../client/client-failures.js';
import { readServerMessage, type ServerAnswer, type ServerMessage } from '../client/server-message.js';
import { isFailure, type RtmpStatus, statusOf } from '../client/status.js';
import { type PendingCommand, Transactions } from '../client/transactions.js';
import { MessageChannel } from '../common/message-channel.js';
import { placeError } from '../common/place-error.js';
import {
  awaitedBy,
  type PlaySessionHandler,
  type PlaySessionOptions,
  type PlayState,
  stageOf,
} from './play-state.js';

const NEVER = Number.POSITIVE_INFINITY;
/** ms of media that a server may send ahead (RTMP 1.0 §7.1.7): a live stream has none. */
const BUFFER_LENGTH = 100;
/** Start of `play` (RTMP 1.0 §7.2.2.1): −1 means live media only. */
const LIVE = -1;

/**
 * The client's side of an RTMP connection that plays a live stream, without a socket: bytes go in through
 * {@link receive}, bytes come out of the sink, time comes from a clock.
 */
export class PlaySession {
  readonly #options: PlaySessionOptions;
  readonly #handler: PlaySessionHandler;
  readonly #sink: SliceSink;
  readonly #channel: MessageChannel;
  readonly #transactions = new Transactions();
  #state: PlayState = { name: 'idle' };
  #deadline = NEVER;

  constructor(options: PlaySessionOptions, sink: SliceSink, handler: PlaySessionHandler) {
    this.#options = options;
    this.#handler = handler;
    this.#sink = sink;
    this.#channel = new MessageChannel(sink, this, options.limits, ACKNOWLEDGEMENT_WINDOW);
  }

  get state(): PlayState['name'] {
    return this.#state.name;
  }

  /** The step in the life of the connection that it is in. */
  get stage(): RtmpStage {
    return stageOf(this.#state.name);
  }

  /** Time at which {@link expire} is due, on the session's clock; infinite while nothing is awaited. */
  get deadline(): number {
    return this.#deadline;
  }

  /** Sends the first bytes. The transport below must be connected. */
  start(): void {
    if (this.#state.name !== 'idle') {
      const text = `start is not possible while ${this.#state.name}, only while idle`;
      const details = { actual: this.#state.name, permitted: 'idle' };
      throw new RtmpError(RtmpErrorCode.invalidState, this.stage, text, { details });
    }
    const { handshake: mode, digestScheme, random, now, timeouts } = this.#options;
    const handshake = new ClientHandshake({ mode, digestScheme, random, now }, this.#sink);
    this.#enter({ name: 'handshaking', handshake }, timeouts.handshake);
    handshake.start();
  }

  /** Takes what the server sent. Never throws: what goes wrong arrives at `onFailure`. */
  receive(bytes: Uint8Array): void {
    const state = this.#state;
    if (state.name === 'idle' || state.name === 'failed') return;
    try {
      const rest = state.name === 'handshaking' ? this.#shakeHands(state.handshake, bytes) : bytes;
      if (rest.length > 0) this.#channel.receive(rest);
    } catch (error) {
      this.fail(placeError(error, this.stage));
    }
  }

  /** To be called at {@link deadline}: fails the session when what it waits for has not come. */
  expire(): void {
    if (this.#options.now() >= this.#deadline) this.fail(noAnswer(this.stage));
  }

  /** Ends the session with an error, once. */
  fail(error: RtmpError): void {
    if (this.#state.name === 'failed') return;
    this.#enter({ name: 'failed' }, NEVER);
    this.#handler.onFailure(error);
  }

  /** Tells the server that nobody plays any more: deleteStream with the numeric id. */
  stop(): void {
    const state = this.#state;
    if (!('messageStreamId' in state)) return;
    this.#channel.command(
      0,
      encodeCommand('deleteStream', this.#transactions.next(), null, state.messageStreamId),
    );
  }

  /** Called by the channel. */
  onMessage(type: number, messageStreamId: number, timestamp: number, payload: Uint8Array): void {
    if (this.#state.name === 'failed') return;
    switch (type) {
      case MessageType.audio:
      case MessageType.video:
      case MessageType.dataAmf0:
      case MessageType.dataAmf3:
        if (this.#hasAsked) this.#handler.onMedia(type, timestamp, payload);
        break;
      case MessageType.aggregate:
        splitAggregate(messageStreamId, timestamp, payload, this);
        break;
      default: {
        const message = readServerMessage(type, payload, this.#options.limits);
        if (message !== undefined) this.#onServerMessage(message);
      }
    }
  }

  /**
   * Media may come before the status that announces it, and on another message stream than the server has
   * given: this connection has asked for one stream only.
   */
  get #hasAsked(): boolean {
    return this.#state.name === 'requesting-play' || this.#state.name === 'playing';
  }

  /** Returns the bytes behind the handshake. */
  #shakeHands(handshake: ClientHandshake, bytes: Uint8Array): Uint8Array {
    const rest = bytes.subarray(handshake.push(bytes));
    if (!handshake.done) return rest;
    this.#enter({ name: 'connecting' }, this.#options.timeouts.connect);
    const { connectObject, connectArguments } = this.#options;
    this.#request('connect', connectObject, ...connectArguments);
    return rest;
  }

  #onServerMessage(message: ServerMessage): void {
    switch (message.kind) {
      case 'result':
        this.#onResult(message);
        break;
      case 'error':
        this.#onError(message);
        break;
      case 'status':
        this.#onStatus(message.status);
        break;
      case 'close':
        this.fail(this.connectionLost());
        break;
      case 'bandwidth-check':
        this.#channel.command(0, encodeCommand('_result', message.transactionId, null));
        break;
      case 'news':
        break;
      default:
        message satisfies never;
    }
  }

  /** The error for a connection that closed, or broke with `cause`, in the present state. */
  connectionLost(cause?: unknown): RtmpError {
    const code = cause === undefined ? RtmpErrorCode.peerClosed : RtmpErrorCode.socket;
    const what = cause === undefined ? 'the server closed the connection' : 'the connection broke';
    return new RtmpError(code, this.stage, `${what} (${this.stage})`, { cause });
  }

  #onResult({ transactionId, args, damage }: ServerAnswer): void {
    const awaited = awaitedBy(this.#state.name);
    if (awaited === undefined || this.#transactions.settle(transactionId, awaited) !== awaited) return;
    if (awaited === 'createStream') {
      const id = args.find((arg) => typeof arg === 'number');
      if (typeof id !== 'number') throw damage ?? noStreamId();
      this.#play(checkedStreamId(id));
      return;
    }
    if (damage !== undefined && args.length === 0) throw damage;
    const status = statusOf(args);
    if (isFailure(status)) {
      this.fail(this.#refusal(status));
      return;
    }
    this.#channel.wantAcknowledgements();
    this.#enter({ name: 'creating-stream' }, this.#options.timeouts.createStream);
    this.#request('createStream', null);
  }

  #onError({ transactionId, args }: ServerAnswer): void {
    const awaited = awaitedBy(this.#state.name);
    if (awaited === undefined || this.#transactions.settle(transactionId, awaited) !== awaited) return;
    this.fail(this.#refusal(statusOf(args)));
  }

  #play(messageStreamId: number): void {
    this.#enter({ name: 'requesting-play', messageStreamId }, this.#options.timeouts.play);
    const id = this.#transactions.next();
    this.#channel.command(messageStreamId, encodeCommand('play', id, null, this.#options.streamName, LIVE));
    this.#channel.control(
      MessageType.userControl,
      encodeUserControl(UserControlEvent.setBufferLength, messageStreamId, BUFFER_LENGTH),
    );
  }

  #onStatus(status: RtmpStatus): void {
    this.#handler.onStatus(status);
    const state = this.#state;
    if (state.name === 'requesting-play' && status.code === 'NetStream.Play.Start') {
      this.#enter({ ...state, name: 'playing' }, NEVER);
      this.#handler.onPlaying();
    } else if (endsPlaying(status)) this.fail(this.#refusal(status));
  }

  #refusal(status: RtmpStatus): RtmpError {
    const { connectObject, connectArguments, secrets, streamName } = this.#options;
    return refusedBy(status, this.stage, { connectObject, connectArguments, secrets, streamName });
  }

  #request(name: PendingCommand, ...args: AmfValue[]): void {
    this.#channel.command(0, encodeCommand(name, this.#transactions.begin(name), ...args));
  }

  #enter(state: PlayState, timeout: number): void {
    this.#state = state;
    this.#deadline = this.#options.now() + timeout;
  }
}

/** Tells whether a status says that the stream is not there, or not any more. */
function endsPlaying({ level, code }: RtmpStatus): boolean {
  if (level === 'error') return true;
  return /^NetStream\.Play\.(StreamNotFound|Failed|Stop|Complete|UnpublishNotify)$/.test(code);
}
