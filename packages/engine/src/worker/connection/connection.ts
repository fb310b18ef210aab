import {
  type AmfValue,
  type PublisherEvents,
  type PublisherOptions,
  parseRtmpUrl,
  publishedName,
  RtmpError,
  RtmpErrorCode,
  RtmpPublisher,
} from '@cloudpush/transport';
import type { EngineClock } from '../../base/clock.js';
import { CloudPushError } from '../../base/errors.js';
import type { DestinationConfig, ShardTarget } from '../../options/destination-config.js';
import { withTime } from '../../targets/url-template.js';
import type { FenceGuard } from '../fence-guard.js';

/** The owner of a connection, which is told about it. */
export interface ConnectionOwner {
  /** There is room again after the publisher said "no more". */
  onDrain(connection: Connection): void;
  /** The server has sent a command or data message with a meaning of its own, such as `onLiveOpen`. */
  onCommand(name: string, args: AmfValue[]): void;
  /** The server asks the connection to move to another address (Enhanced RTMP v2, "Reconnect Request"). */
  onReconnectRequest(connection: Connection, target: ShardTarget): void;
  /** Something that the user should know about the connection. */
  onWarning(message: string): void;
  /**
   * A connection that had been publishing is gone, with all that it held. `error` is there unless it was
   * closed, and the server knows.
   */
  onConnectionClosed(connection: Connection, error: RtmpError | undefined): void;
}

/**
 * `capsEx` of `connect` (Enhanced RTMP v2): reconnect requests are followed; nothing is announced that is not
 * made use of.
 */
const CAPS_EX_RECONNECT = 0x01;

/** The shard of a connection. */
export interface ConnectionContext {
  readonly clock: EngineClock;
  readonly fence?: FenceGuard | undefined;
}

/** Makes a connection for its owner; it connects when it is told where. */
export type ConnectionFactory = (
  owner: ConnectionOwner,
  config: DestinationConfig,
  context: ConnectionContext,
) => Connection;

/** Makes connections of this transport, over the network. */
export const createConnection: ConnectionFactory = (owner, config, context) =>
  new Connection(owner, config, context);

/** One connection of a destination, from the attempt to make it to its end. */
export class Connection implements PublisherEvents {
  readonly #owner: ConnectionOwner;
  readonly #config: DestinationConfig;
  readonly #clock: EngineClock;
  readonly #fence: FenceGuard | undefined;
  readonly #abort = new AbortController();
  #publisher: RtmpPublisher | undefined;
  #target: ShardTarget | undefined;
  #streamName = '';

  constructor(owner: ConnectionOwner, config: DestinationConfig, { clock, fence }: ConnectionContext) {
    this.#owner = owner;
    this.#config = config;
    this.#clock = clock;
    this.#fence = fence;
  }

  /** Fires when the connection is given up. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Undefined until it is publishing. */
  get publisher(): RtmpPublisher | undefined {
    return this.#publisher;
  }

  /** The name that is being published, without its query. */
  get streamName(): string {
    return this.#streamName;
  }

  /** The next stream there has another name: the time is part of it. */
  get renewsName(): boolean {
    const { url = '' } = this.#target ?? {};
    return this.#config.connection.streamName === undefined && withTime(url, 0) !== url;
  }

  leadsTo({ url, token }: ShardTarget): boolean {
    return this.#target?.url === url && this.#target.token === token;
  }

  /** Bytes that the kernel has accepted. */
  get bytesWritten(): number {
    return this.#publisher?.bytesWritten ?? 0;
  }

  /** Connects and publishes. Rejects with what {@link abort} was told, or with the reason of the failure. */
  async publish(target: ShardTarget): Promise<void> {
    this.#target = target;
    const { token } = target;
    const url = withTime(target.url, this.#clock.wallTime());
    this.#streamName = bareName(this.#nameIn(url));
    const { connectTimeout, closeTimeout, chunkSize, connection, inFlightLimit } = this.#config;
    this.#fence?.requireConnecting(connectTimeout);
    const { signal } = this.#abort;
    const timeout = new Error('connectTimeout');
    const stopTimer = this.#clock.after(connectTimeout, () => this.abort(timeout));
    const options = {
      ...connection,
      ...(token === undefined ? {} : { token }),
      ...withheldFrom(target),
      connectObject: { capsEx: CAPS_EX_RECONNECT, ...connection.connectObject },
      url,
      chunkSize,
      highWaterMark: inFlightLimit,
      mayWrite: this.#fence?.mayWrite,
      // The destination's close time-out covers the publisher's own: when it runs out, the tail may not have
      // arrived.
      timeouts: { close: closeTimeout + 1000 },
      signal,
    };
    try {
      this.#publisher = await RtmpPublisher.connect(options, this);
    } catch (error) {
      if (signal.reason === timeout) throw connectTimeoutError(connectTimeout, error, hostOf(url));
      throw signal.aborted ? signal.reason : error;
    } finally {
      stopTimer();
    }
  }

  /**
   * Publishes the next stream on the same connection, under the same name but for its `$time`. When the
   * connection is lost on the way, `onConnectionClosed` tells it, too.
   */
  async nextStream(): Promise<void> {
    const name = this.#nameIn(withTime(this.#target!.url, this.#clock.wallTime()));
    this.#streamName = bareName(name);
    await this.#publisher!.nextStream(name);
  }

  /** Ends the stream cleanly; `onConnectionClosed` tells how it went. */
  close(): void {
    void this.#publisher?.close();
  }

  /** Gives the attempt up, or resets the connection. */
  abort(error: Error): void {
    this.#abort.abort(error);
  }

  /** Gives a connection up that takes nothing. */
  stalled(limit: number): void {
    const message = `the kernel has accepted nothing for ${limit} ms, which is the limit (stallTimeout)`;
    const details = { permitted: limit };
    this.#publisher?.destroy(new RtmpError(RtmpErrorCode.timeout, 'publishing', message, { details }));
  }

  /** The stream name that a URL leads to, with its query. */
  #nameIn(url: string): string {
    const { app, streamName: given } = this.#config.connection;
    if (given !== undefined) return given;
    return publishedName(parseRtmpUrl(url, { app }));
  }

  onDrain(): void {
    this.#owner.onDrain(this);
  }

  onCommand(name: string, args: AmfValue[]): void {
    this.#owner.onCommand(name, args);
  }

  onReconnectRequest({ url, trusted }: { readonly url: string; readonly trusted: boolean }): void {
    const { url: from, token, home, untrusted } = this.#target!;
    if (!isUrl(url)) {
      this.#owner.onWarning('the server asks the stream to move to an invalid URL');
      return;
    }
    const target = { url, token, home: home ?? hostOf(from), untrusted: untrusted === true || !trusted };
    this.#owner.onReconnectRequest(this, target);
  }

  onWarning(message: string): void {
    this.#owner.onWarning(message);
  }

  onClose(error: RtmpError | undefined): void {
    this.#owner.onConnectionClosed(this, error);
  }
}

function bareName(name: string): string {
  return name.split('?', 1)[0]!;
}

/** @param interrupted the publisher's own answer to the abort: it knows how far the connection had come */
function connectTimeoutError(limit: number, interrupted: unknown, host: string): CloudPushError {
  const stage = interrupted instanceof RtmpError ? interrupted.stage : 'connect';
  const details = { stage, permitted: limit };
  if (stage === 'dns') {
    const message = `the host name ${host} did not resolve within the limit of ${limit} ms (connectTimeout)`;
    return new CloudPushError('ERR_CLOUDPUSH_DNS', message, { class: 'retryable', details });
  }
  const message = `connecting to ${host} took longer than the limit of ${limit} ms (${stage})`;
  return new CloudPushError('ERR_CLOUDPUSH_TIMEOUT', message, { class: 'retryable', details });
}

/**
 * The credentials of the caller go to the host that he named. Another one to which its server leads is not
 * shown the password, which that server has never seen either.
 */
function withheldFrom({ url, home, untrusted }: ShardTarget): Partial<PublisherOptions> {
  if (home === undefined || home === hostOf(url)) return {};
  const password = { credentials: undefined };
  return untrusted === true ? { ...password, token: undefined, connectArguments: undefined } : password;
}

function isUrl(url: string): boolean {
  try {
    return hostOf(url) !== '';
  } catch {
    return false;
  }
}

function hostOf(url: string): string {
  return parseRtmpUrl(url).host;
}
