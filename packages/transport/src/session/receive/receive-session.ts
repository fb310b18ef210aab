import { type AmfObject, type AmfValue, stringProperty } from '../../amf/value.js';
import type { SliceSink } from '../../bits/slice-sink.js';
import { RtmpError, RtmpErrorCode, type RtmpStage } from '../../errors.js';
import { ServerHandshake } from '../../handshake/server.js';
import { splitAggregate } from '../../message/aggregate.js';
import { type Command, decodeCommand, encodeCommand } from '../../message/command.js';
import { encodePeerBandwidth, PeerBandwidthLimit } from '../../message/protocol-control.js';
import { MessageType } from '../../message/type.js';
import { encodeUserControl, UserControlEvent } from '../../message/user-control.js';
import { readCapabilities } from '../common/capabilities.js';
import { MessageChannel } from '../common/message-channel.js';
import { placeError } from '../common/place-error.js';
import type { Decision, PublishRequest, ReceiveSessionHandler, ReceiveSessionOptions } from './requests.js';

type ReceiveState = 'handshaking' | 'connecting' | 'connected' | 'failed';

/** The server's side of an RTMP connection that receives streams, without a socket. */
export class ReceiveSession {
  readonly channel: MessageChannel;
  readonly #options: ReceiveSessionOptions;
  readonly #handler: ReceiveSessionHandler;
  /** Gone once it is done: it holds some kilobytes. */
  #handshake: ServerHandshake | undefined;
  #digestScheme: 0 | 1 | undefined;
  /** Created message streams; the value says whether the stream is being published. */
  readonly #streams = new Map<number, boolean>();
  #state: ReceiveState = 'handshaking';
  #deadline: number;
  #app = '';
  #nextStreamId: number;

  constructor(options: ReceiveSessionOptions, sink: SliceSink, handler: ReceiveSessionHandler) {
    this.#options = options;
    this.#handler = handler;
    this.#handshake = new ServerHandshake(
      { mode: options.handshake, random: options.random, now: options.now },
      sink,
    );
    this.channel = new MessageChannel(sink, this, options.limits);
    this.channel.acknowledges = options.acknowledges;
    this.#deadline = options.now() + options.setupTimeout;
    this.#nextStreamId = options.firstMessageStreamId;
  }

  /** When {@link expire} is due; infinite while something is being published. */
  get deadline(): number {
    return this.#deadline;
  }

  /** Whether a stream is being published. */
  get publishing(): boolean {
    return this.#deadline === Number.POSITIVE_INFINITY;
  }

  /** Takes what the client sent. Never throws: what goes wrong arrives at `onFailure`. */
  receive(bytes: Uint8Array): void {
    if (this.#state === 'failed') return;
    try {
      this.#receive(bytes);
    } catch (error) {
      this.fail(placeError(error, this.#stage()));
    }
  }

  /** Ends the session when its client has not begun to publish in time; called when {@link deadline} has passed. */
  expire(): void {
    if (this.#options.now() < this.#deadline) return;
    const text = `the client published nothing within ${this.#options.setupTimeout} ms (setupTimeout)`;
    this.fail(new RtmpError(RtmpErrorCode.timeout, this.#stage(), text));
  }

  /** Ends the session, once; `undefined` when that was decided here. */
  fail(error: RtmpError | undefined): void {
    if (this.#state === 'failed') return;
    this.#state = 'failed';
    this.#deadline = Number.POSITIVE_INFINITY;
    this.#handler.onFailure(error);
  }

  /** Sends `onStatus` on a message stream; 0 is the connection. */
  sendStatus(
    messageStreamId: number,
    level: string,
    code: string,
    description: string,
    more: AmfObject = {},
  ): void {
    this.sendCommand(messageStreamId, 'onStatus', null, { level, code, description, ...more });
  }

  /** Sends a command message (RTMP 1.0 §7.2). */
  sendCommand(messageStreamId: number, name: string, ...args: AmfValue[]): void {
    this.channel.command(messageStreamId, encodeCommand(name, 0, ...args));
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
        if (this.#state !== 'failed') {
          this.#onCommand(decodeCommand(type, payload, this.#options.limits), messageStreamId);
        }
        break;
      case MessageType.aggregate:
        splitAggregate(messageStreamId, timestamp, payload, this);
        break;
      default: // shared objects and what nobody knows
    }
  }

  #receive(bytes: Uint8Array): void {
    let rest = bytes;
    if (this.#handshake !== undefined) {
      rest = bytes.subarray(this.#handshake.push(bytes));
      if (!this.#handshake.done) return;
      this.#digestScheme = this.#handshake.digestScheme;
      this.#handshake = undefined;
      this.#state = 'connecting';
    }
    if (rest.length > 0) this.channel.receive(rest);
  }

  #onCommand(command: Command, messageStreamId: number): void {
    if (this.#state === 'connecting' && command.name !== 'connect') {
      throw new RtmpError(RtmpErrorCode.protocol, 'connect', 'the client sent a command before connect');
    }
    switch (command.name) {
      case 'connect':
        this.#onConnect(command);
        break;
      case 'releaseStream':
      case 'FCPublish':
        this.#onReleaseStream(command);
        break;
      case 'createStream':
        this.#onCreateStream(command);
        break;
      case 'publish':
        this.#onPublish(command, messageStreamId);
        break;
      case 'FCUnpublish':
      case 'closeStream':
        this.#unpublish(messageStreamId === 0 ? (this.#firstPublished() ?? 0) : messageStreamId, false);
        break;
      case 'deleteStream':
        this.#unpublish(firstNumber(command.args) ?? messageStreamId, true);
        break;
      case 'play':
        this.sendStatus(messageStreamId, 'error', 'NetStream.Play.Failed', 'This receiver plays nothing.');
        break;
      default:
        this.#handler.onCommand(command.name, command.args);
    }
  }

  #onConnect({ transactionId, args }: Command): void {
    const [object, ...rest] = args;
    this.#app = stringProperty(object, 'app') ?? '';
    const decision = this.#handler.onConnect({
      app: this.#app,
      tcUrl: stringProperty(object, 'tcUrl') ?? '',
      object,
      args: rest,
      capabilities: readCapabilities([object]),
      digestScheme: this.#digestScheme,
    });
    if (this.#settled(decision)) return;
    const { windowAcknowledgementSize, chunkSize } = this.#options;
    this.channel.announceWindow(windowAcknowledgementSize);
    const bandwidth = encodePeerBandwidth(windowAcknowledgementSize, PeerBandwidthLimit.dynamic);
    this.channel.control(MessageType.setPeerBandwidth, bandwidth);
    this.channel.setChunkSize(chunkSize);
    if (decision === 'accept') this.#acceptConnect(transactionId);
    else if (typeof decision === 'object') this.#rejectConnect(transactionId, decision);
  }

  #acceptConnect(transactionId: number): void {
    this.#state = 'connected';
    const properties = { fmsVer: 'FMS/3,5,7,7009', capabilities: 31, ...this.#options.connectProperties };
    const info = {
      level: 'status',
      code: 'NetConnection.Connect.Success',
      description: 'Connection succeeded.',
      objectEncoding: 0,
      ...this.#options.connectInfo,
    };
    this.channel.command(0, encodeCommand('_result', transactionId, properties, info));
  }

  #rejectConnect(transactionId: number, { code, description, redirect }: Exclude<Decision, string>): void {
    const ex = redirect === undefined ? {} : { ex: { code: 302, redirect } };
    this.channel.command(
      0,
      encodeCommand('_error', transactionId, null, { level: 'error', code, description, ...ex }),
    );
  }

  #onReleaseStream({ transactionId }: Command): void {
    const answer = this.#options.releaseStreamAnswer;
    if (answer === 'never') return;
    const values =
      answer === '_result' ? [undefined] : [{ level: 'error', code: 'NetConnection.Call.Failed' }];
    this.channel.command(0, encodeCommand(answer, transactionId, null, ...values));
  }

  #onCreateStream({ transactionId }: Command): void {
    const decision = this.#handler.onCreateStream();
    if (this.#settled(decision)) return;
    if (typeof decision === 'object') {
      const { code, description } = decision;
      this.channel.command(
        0,
        encodeCommand('_error', transactionId, null, { level: 'error', code, description }),
      );
      return;
    }
    const permitted = this.#options.limits.maxMessageStreams;
    if (this.#streams.size >= permitted) {
      throw new RtmpError(
        RtmpErrorCode.peerLimit,
        'create-stream',
        `the client asks for more message streams than permitted (${permitted})`,
        { details: { actual: this.#streams.size + 1, permitted } },
      );
    }
    const id = this.#nextStreamId;
    this.#nextStreamId++;
    this.#streams.set(id, false);
    this.channel.command(0, encodeCommand('_result', transactionId, null, id));
  }

  #onPublish({ args }: Command, messageStreamId: number): void {
    const [, streamName, publishType] = args;
    const request: PublishRequest = {
      app: this.#app,
      streamName: typeof streamName === 'string' ? streamName : '',
      publishType: typeof publishType === 'string' ? publishType : 'live',
      messageStreamId,
    };
    const known = this.#streams.get(messageStreamId);
    const decision = known === undefined ? UNKNOWN_STREAM : known ? TWICE : this.#handler.onPublish(request);
    if (this.#settled(decision)) return;
    if (typeof decision === 'object') {
      this.sendStatus(messageStreamId, 'error', decision.code, decision.description);
      return;
    }
    this.#streams.set(messageStreamId, true);
    this.#deadline = Number.POSITIVE_INFINITY;
    this.channel.control(
      MessageType.userControl,
      encodeUserControl(UserControlEvent.streamBegin, messageStreamId),
    );
    this.sendStatus(messageStreamId, 'status', 'NetStream.Publish.Start', 'Publishing has begun.');
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
    this.sendStatus(messageStreamId, 'status', 'NetStream.Unpublish.Success', 'The stream is unpublished.');
    this.#handler.onUnpublish(messageStreamId);
  }

  /** Whether the decision needs no answer. */
  #settled(decision: Decision): boolean {
    if (decision === 'close') this.fail(undefined);
    return decision === 'close' || decision === 'ignore';
  }

  #stage(): RtmpStage {
    if (this.#state === 'handshaking') return 'handshake';
    if (this.#state === 'connecting') return 'connect';
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

function firstNumber(values: readonly AmfValue[]): number | undefined {
  return values.find((value) => typeof value === 'number');
}
