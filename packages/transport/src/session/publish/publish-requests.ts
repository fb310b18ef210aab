import type { AmfValue } from '../../amf/value.js';
import { encodeCommand } from '../../message/command.js';
import { type PendingCommand, Transactions } from '../client/transactions.js';
import type { MessageChannel } from '../common/message-channel.js';
import { checkNames, namesAtRisk } from './checks.js';
import { detectProfile, type ServerProfile, serverProfile } from './profile.js';
import type { PublishSessionOptions } from './publish-state.js';

/** Sends the commands of a client that publishes (RTMP 1.0 §7.2), as the server's profile wants them. */
export class PublishRequests {
  /** Of the stream that is published, or is to be; with its query. */
  streamName: string;
  readonly #options: PublishSessionOptions;
  readonly #channel: MessageChannel;
  #profile: ServerProfile;
  readonly #transactions = new Transactions();

  constructor(options: PublishSessionOptions, channel: MessageChannel) {
    this.#options = options;
    this.#channel = channel;
    this.streamName = options.streamName;
    this.#profile = serverProfile(options.profile === 'auto' ? 'generic' : options.profile);
  }

  /** The server's habits. */
  get profile(): ServerProfile {
    return this.#profile;
  }

  /** Takes the profile that the answer to `connect` gives away, unless the caller has chosen one. */
  recognize(answer: readonly AmfValue[]): void {
    if (this.#options.profile === 'auto') this.#profile = serverProfile(detectProfile(answer));
  }

  /**
   * Set Chunk Size goes right before `connect`, so that this already fits one chunk, and never after publish.
   * @throws RtmpError `ERR_CLOUDPUSH_MESSAGE_TOO_LARGE` when the server would cut a name
   */
  connect(): void {
    const { connectObject, connectArguments, chunkSize } = this.#options;
    checkNames(this.#profile, connectObject, this.streamName);
    this.#channel.setChunkSize(chunkSize ?? this.#profile.chunkSize);
    const id = this.#transactions.begin('connect');
    this.#channel.command(0, encodeCommand('connect', id, connectObject, ...connectArguments));
  }

  /**
   * releaseStream and FCPublish are not waited for: half of the servers never answer.
   * @returns warnings of names that the server may cut
   */
  createStream(): readonly string[] {
    if (this.#profile.releaseStream) this.#request('releaseStream', this.streamName);
    if (this.#profile.fcPublish) this.#request('FCPublish', this.streamName);
    this.#request('createStream');
    return namesAtRisk(this.#profile, this.#options.connectObject, this.streamName);
  }

  publish(messageStreamId: number): void {
    const id = this.#transactions.next();
    const { publishType } = this.#options;
    this.#channel.command(messageStreamId, encodeCommand('publish', id, null, this.streamName, publishType));
  }

  /** FCUnpublish, then deleteStream with the numeric id. */
  unpublish(messageStreamId: number): void {
    if (this.#profile.fcPublish) this.command('FCUnpublish', this.streamName);
    this.command('deleteStream', messageStreamId);
  }

  /** Sends a command on the connection (message stream 0) that nobody has to answer. */
  command(name: string, ...args: AmfValue[]): void {
    this.#channel.command(0, encodeCommand(name, this.#transactions.next(), null, ...args));
  }

  /** Answers a command of the server: `_checkbw` is content with any result. */
  answer(transactionId: number): void {
    this.#channel.command(0, encodeCommand('_result', transactionId, null));
  }

  /** Tells whether an answer with this transaction id is the one that is awaited. */
  settles(transactionId: number, awaited: PendingCommand | undefined): boolean {
    return this.#transactions.settle(transactionId, awaited) === awaited && awaited !== undefined;
  }

  #request(name: PendingCommand, ...args: AmfValue[]): void {
    this.#channel.command(0, encodeCommand(name, this.#transactions.begin(name), null, ...args));
  }
}
