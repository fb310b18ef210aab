import { type AmfObject, type AmfValue, stringProperty } from '../../amf/value.js';
import type { SliceSink } from '../../bits/slice-sink.js';
import { RtmpError, RtmpErrorCode, type RtmpStage } from '../../errors.js';
import type { DigestScheme } from '../../handshake/digest.js';
import { ServerHandshake } from '../../handshake/server.js';
import { splitAggregate } from '../../message/aggregate.js';
import { type Command, decodeCommand } from '../../message/command.js';
import { MessageType } from '../../message/type.js';
import { encodeUserControl, UserControlEvent } from '../../message/user-control.js';
import { readCapabilities } from '../common/capabilities.js';
import { checkSession } from '../common/check-session.js';
import { MessageChannel } from '../common/message-channel.js';
import { placeError } from '../common/place-error.js';
import type { Decision, PublishRequest, ReceiveSessionHandler, ReceiveSessionOptions } from './requests.js';
import { ServerReplies } from './server-replies.js';

/** After the handshake. */
type ConnectionState =
  | { readonly name: 'connecting'; readonly digestScheme: DigestScheme | undefined }
  | { readonly name: 'connected'; readonly app: string; readonly digestScheme: DigestScheme | undefined };

type ReceiveState =
  /** The handshake holds some kilobytes, which go with the state. */
  | { readonly name: 'handshaking'; readonly handshake: ServerHandshake }
  | ConnectionState
  | { readonly name: 'failed' };

/** The server's side of an RTMP connection that receives streams, without a socket. */
export class ReceiveSession {
  readonly channel: MessageChannel;
  readonly #options: ReceiveSessionOptions;
  readonly #handler: ReceiveSessionHandler;
  readonly #replies: ServerReplies;
  /** Created message streams; the value says whether the stream is being published. */
  readonly #streams = new Map<number, boolean>();
  #state: ReceiveState;
  #deadline: number;
  #nextStreamId: number;

  /** @throws RtmpError `ERR_CLOUDPUSH_INVALID_OPTION` for an argument of a wrong type */
  constructor(options: ReceiveSessionOptions, sink: SliceSink, handler: ReceiveSessionHandler) {
    this.#options = checkSession(options, sink, handler);
    this.#handler = handler;
    const { handshake: mode, random, now } = options;
    this.#state = { name: 'handshaking', handshake: new ServerHandshake({ mode, random, now }, sink) };
    this.channel = new MessageChannel(sink, this, options.limits);
    this.#replies = new ServerReplies(options, this.channel);
    this.channel.acknowledges = options.acknowledges;
    this.#deadline = options.now() + options.setupTimeout;
    this.#nextStreamId = options.firstMessageStreamId;
  }

  /** Time at which {@link expire} is due; infinite while something is being published. */
  get deadline(): number {
    return this.#deadline;
  }

  /** True while a stream is being published. */
  get publishing(): boolean {
    return this.#deadline === Number.POSITIVE_INFINITY;
  }

  /** Takes what the client sent. Never throws: what goes wrong arrives at `onFailure`. */
  receive(bytes: Uint8Array): void {
    if (this.#state.name === 'failed') return;
    try {
      const rest =
        this.#state.name === 'handshaking' ? this.#shakeHands(this.#state.handshake, bytes) : bytes;
      if (rest.length > 0) this.channel.receive(rest);
    } catch (error) {
      this.fail(placeError(error, this.#stage()));
    }
  }

  /**
   * Ends the session when its client has not begun to publish in time; called when {@link deadline} has
   * passed.
   */
  expire(): void {
    if (this.#options.now() < this.#deadline) return;
    const text = `the client published nothing within ${this.#options.setupTimeout} ms (setupTimeout)`;
    this.fail(new RtmpError(RtmpErrorCode.timeout, this.#stage(), text));
  }

  /** Ends the session, once; `undefined` when that was decided here. */
  fail(error: RtmpError | undefined): void {
    if (this.#state.name === 'failed') return;
    this.#state = { name: 'failed' };
    this.#deadline = Number.POSITIVE_INFINITY;
    this.#handler.onFailure(error);
  }

  /** Sends `onStatus` with this information object on a message stream; 0 is the connection. */
  sendStatus(messageStreamId: number, info: AmfObject): void {
    this.#replies.status(messageStreamId, info);
  }

  /** Sends a command message (RTMP 1.0 §7.2). */
  sendCommand(messageStreamId: number, name: string, ...args: AmfValue[]): void {
    this.#replies.command(messageStreamId, name, ...args);
  }

  /** Sends a PingRequest (RTMP 1.0 §7.1.7). */
  sendPing(time: number): void {
    this.channel.control(MessageType.userControl, encodeUserControl(UserControlEvent.pingRequest, time));
  }

  /** Called by the channel. */
  onMessage(type: number, messageStreamId: number, timestamp: number, payload: Uint8Array): void {
    switch (type) {
      case MessageType.audio:
      case MessageType.video:
      case MessageType.dataAmf0:
      case MessageType.dataAmf3:
        if (this.#streams.get(messageStreamId) === true) {
          this.#handler.onMessage(messageStreamId, type, timestamp, payload);
        }
        break;
      case MessageType.commandAmf0:
      case MessageType.commandAmf3:
        if (this.#state.name === 'connecting' || this.#state.name === 'connected') {
          this.#onCommand(decodeCommand(type, payload, this.#options.limits), messageStreamId, this.#state);
        }
        break;
      case MessageType.aggregate:
        splitAggregate(messageStreamId, timestamp, payload, this);
        break;
      default: // shared objects and what nobody knows
    }
  }

  /** Returns what stands behind the handshake. */
  #shakeHands(handshake: ServerHandshake, bytes: Uint8Array): Uint8Array {
    const rest = bytes.subarray(handshake.push(bytes));
    if (handshake.done) this.#state = { name: 'connecting', digestScheme: handshake.digestScheme };
    return rest;
  }

  #onCommand(command: Command, messageStreamId: number, state: ConnectionState): void {
    if (state.name === 'connecting' && command.name !== 'connect') {
      throw new RtmpError(RtmpErrorCode.protocol, 'connect', 'the client sent a command before connect');
    }
    switch (command.name) {
      case 'connect':
        this.#onConnect(command, state.digestScheme);
        break;
      case 'releaseStream':
      case 'FCPublish':
        this.#replies.releaseStream(command.transactionId);
        break;
      case 'createStream':
        this.#onCreateStream(command);
        break;
      case 'publish':
        this.#onPublish(command, messageStreamId, state.name === 'connected' ? state.app : '');
        break;
      case 'FCUnpublish':
      case 'closeStream':
        this.#unpublish(messageStreamId === 0 ? (this.#firstPublished() ?? 0) : messageStreamId, false);
        break;
      case 'deleteStream':
        this.#unpublish(firstNumber(command.args) ?? messageStreamId, true);
        break;
      case 'play':
        this.#replies.playRefused(messageStreamId);
        break;
      default:
        this.#handler.onCommand(command.name, command.args);
    }
  }

  #onConnect({ transactionId, args }: Command, digestScheme: DigestScheme | undefined): void {
    const [object, ...rest] = args;
    const app = stringProperty(object, 'app') ?? '';
    const decision = this.#handler.onConnect({
      app,
      tcUrl: stringProperty(object, 'tcUrl') ?? '',
      object,
      args: rest,
      capabilities: readCapabilities([object]),
      digestScheme,
    });
    if (this.#settled(decision)) return;
    this.#replies.announce();
    if (typeof decision === 'object') {
      this.#replies.refuse(transactionId, decision);
      return;
    }
    this.#state = { name: 'connected', app, digestScheme };
    this.#replies.acceptConnect(transactionId);
  }

  #onCreateStream({ transactionId }: Command): void {
    const decision = this.#handler.onCreateStream();
    if (this.#settled(decision)) return;
    if (typeof decision === 'object') {
      this.#replies.refuse(transactionId, decision);
      return;
    }
    const permitted = this.#options.limits.maxMessageStreams;
    if (this.#streams.size >= permitted) throw tooManyStreams(this.#streams.size + 1, permitted);
    const id = this.#nextStreamId;
    this.#nextStreamId++;
    this.#streams.set(id, false);
    this.#replies.streamCreated(transactionId, id);
  }

  #onPublish({ args }: Command, messageStreamId: number, app: string): void {
    const [, streamName, publishType] = args;
    const request: PublishRequest = {
      app,
      streamName: typeof streamName === 'string' ? streamName : '',
      publishType: typeof publishType === 'string' ? publishType : 'live',
      messageStreamId,
    };
    const known = this.#streams.get(messageStreamId);
    const decision = known === undefined ? UNKNOWN_STREAM : known ? TWICE : this.#handler.onPublish(request);
    if (this.#settled(decision)) return;
    if (typeof decision === 'object') {
      const { code, description } = decision;
      this.#replies.status(messageStreamId, { level: 'error', code, description });
      return;
    }
    this.#streams.set(messageStreamId, true);
    this.#deadline = Number.POSITIVE_INFINITY;
    this.#replies.publishStarted(messageStreamId);
    this.#handler.onPublished(request);
  }

  /** FCUnpublish names no message stream; with one stream there is no doubt. */
  #firstPublished(): number | undefined {
    for (const [id, published] of this.#streams) if (published) return id;
    return undefined;
  }

  #unpublish(messageStreamId: number, forget: boolean): void {
    const published = this.#streams.get(messageStreamId);
    if (forget) this.#streams.delete(messageStreamId);
    else if (published === true) this.#streams.set(messageStreamId, false);
    if (published !== true) return;
    if (this.#firstPublished() === undefined)
      this.#deadline = this.#options.now() + this.#options.setupTimeout;
    this.#replies.unpublished(messageStreamId);
    this.#handler.onUnpublish(messageStreamId);
  }

  /** Ends the session where the decision says so. Returns true when the decision needs no answer. */
  #settled(decision: Decision): boolean {
    if (decision === 'close') this.fail(undefined);
    return decision === 'close' || decision === 'ignore';
  }

  #stage(): RtmpStage {
    if (this.#state.name === 'handshaking') return 'handshake';
    if (this.#state.name === 'connecting') return 'connect';
    return this.publishing ? 'publishing' : 'publish';
  }
}

const UNKNOWN_STREAM: Decision = {
  code: 'NetStream.Publish.Failed',
  description: 'publish came on a message stream that was not created.',
};

const TWICE: Decision = {
  code: 'NetStream.Publish.BadName',
  description: 'This message stream is being published already.',
};

function tooManyStreams(actual: number, permitted: number): RtmpError {
  const text = `the client asks for ${actual} message streams, permitted: ${permitted} (maxMessageStreams)`;
  return new RtmpError(RtmpErrorCode.peerLimit, 'create-stream', text, { details: { actual, permitted } });
}

function firstNumber(values: readonly AmfValue[]): number | undefined {
  return values.find((value) => typeof value === 'number');
}
