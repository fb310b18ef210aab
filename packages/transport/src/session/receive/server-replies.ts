import type { AmfObject, AmfValue } from '../../amf/value.js';
import { encodeCommand } from '../../message/command.js';
import { encodePeerBandwidth, PeerBandwidthLimit } from '../../message/protocol-control.js';
import { MessageType } from '../../message/type.js';
import { encodeUserControl, UserControlEvent } from '../../message/user-control.js';
import type { MessageChannel } from '../common/message-channel.js';
import type { ReceiveSessionOptions, Refusal } from './requests.js';

/** Sends what a server answers to a publisher (RTMP 1.0 §7.2), in the way that the options ask for. */
export class ServerReplies {
  readonly #options: ReceiveSessionOptions;
  readonly #channel: MessageChannel;

  constructor(options: ReceiveSessionOptions, channel: MessageChannel) {
    this.#options = options;
    this.#channel = channel;
  }

  /** Precedes the answer to `connect`: window, bandwidth and chunk size. */
  announce(): void {
    const { windowAcknowledgementSize, chunkSize } = this.#options;
    this.#channel.announceWindow(windowAcknowledgementSize);
    const bandwidth = encodePeerBandwidth(windowAcknowledgementSize, PeerBandwidthLimit.dynamic);
    this.#channel.control(MessageType.setPeerBandwidth, bandwidth);
    this.#channel.setChunkSize(chunkSize);
  }

  acceptConnect(transactionId: number): void {
    const properties = { fmsVer: 'FMS/3,5,7,7009', capabilities: 31, ...this.#options.connectProperties };
    const info = {
      level: 'status',
      code: 'NetConnection.Connect.Success',
      description: 'Connection succeeded.',
      objectEncoding: 0,
      ...this.#options.connectInfo,
    };
    this.#channel.command(0, encodeCommand('_result', transactionId, properties, info));
  }

  /** Refuses `connect` or `createStream`. */
  refuse(transactionId: number, { code, description, redirect }: Refusal): void {
    const ex = redirect === undefined ? {} : { ex: { code: 302, redirect } };
    const info = { level: 'error', code, description, ...ex };
    this.#channel.command(0, encodeCommand('_error', transactionId, null, info));
  }

  /** Answers releaseStream and FCPublish. */
  releaseStream(transactionId: number): void {
    const answer = this.#options.releaseStreamAnswer;
    if (answer === 'never') return;
    const value = answer === '_result' ? undefined : { level: 'error', code: 'NetConnection.Call.Failed' };
    this.#channel.command(0, encodeCommand(answer, transactionId, null, value));
  }

  streamCreated(transactionId: number, messageStreamId: number): void {
    this.#channel.command(0, encodeCommand('_result', transactionId, null, messageStreamId));
  }

  publishStarted(messageStreamId: number): void {
    const begin = encodeUserControl(UserControlEvent.streamBegin, messageStreamId);
    this.#channel.control(MessageType.userControl, begin);
    const description = 'Publishing has begun.';
    this.status(messageStreamId, { level: 'status', code: 'NetStream.Publish.Start', description });
  }

  unpublished(messageStreamId: number): void {
    const description = 'The stream is unpublished.';
    this.status(messageStreamId, { level: 'status', code: 'NetStream.Unpublish.Success', description });
  }

  playRefused(messageStreamId: number): void {
    const description = 'This receiver plays nothing.';
    this.status(messageStreamId, { level: 'error', code: 'NetStream.Play.Failed', description });
  }

  /** Sends `onStatus` on a message stream; 0 is the connection. */
  status(messageStreamId: number, info: AmfObject): void {
    this.command(messageStreamId, 'onStatus', null, info);
  }

  command(messageStreamId: number, name: string, ...args: AmfValue[]): void {
    this.#channel.command(messageStreamId, encodeCommand(name, 0, ...args));
  }
}
