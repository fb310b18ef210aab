import {
  type AmfValue,
  type PublisherEvents,
  RtmpError,
  RtmpErrorCode,
  RtmpPublisher,
} from '@cloudpush/transport';
import { monotonicNow } from '../clock.js';
import { CloudPushError, classOf } from '../errors.js';
import { Backoff } from './backoff.js';
import type { ConnectLimiter } from './connect-limiter.js';
import type { DestinationConfig } from './protocol.js';
import { StallWatchdog } from './stall-watchdog.js';

/** Whom a connector tells about itself. */
export interface ConnectorOwner {
  /** Publishing has begun, for the first time or again. */
  onPublishing(publisher: RtmpPublisher): void;
  /** There is room again after the publisher said "no more". */
  onDrain(): void;
  /** The server has sent a command or data message with a meaning of its own, such as `onLiveOpen`. */
  onCommand(name: string, args: AmfValue[]): void;
  /** Something that the user should know about the connection. */
  onWarning(message: string): void;
  /** False when a lost connection need not be made again: nothing is left to be sent. */
  readonly wantsConnection: boolean;
  /** The connection is gone, or an attempt to make it has failed; the next attempt follows after `delay` ms. */
  onLost(error: Error, delay: number, wasPublishing: boolean): void;
  /** The last thing a connector says. `error` is there unless it was closed, and the server knows. */
  onOver(error: Error | undefined): void;
}

type State = 'connecting' | 'publishing' | 'waiting' | 'over';

/** Makes the connection of a destination, watches it, and makes it again when it is lost and the policy says so. */
export class Connector implements PublisherEvents {
  readonly #owner: ConnectorOwner;
  readonly #config: DestinationConfig;
  readonly #limiter: ConnectLimiter;
  readonly #backoff: Backoff | undefined;
  readonly #watchdog: StallWatchdog;
  #state: State = 'connecting';
  #publisher: RtmpPublisher | undefined;
  /** Ends the attempt that is under way, and the connection that came of it. */
  #attempt = new AbortController();
  /** Why the connector was told to end, when it was. */
  #destroyedBy: Error | undefined;
  /** ms of the monotonic clock. */
  #publishingSince = 0;
  /** Bytes that the kernel has accepted on earlier connections. */
  #bytesBefore = 0;
  #retryTimer: NodeJS.Timeout | undefined;
  /** Why the connection was lost last. */
  #lastError: Error | undefined;

  constructor(owner: ConnectorOwner, config: DestinationConfig, limiter: ConnectLimiter) {
    this.#owner = owner;
    this.#config = config;
    this.#limiter = limiter;
    this.#backoff = config.reconnect === undefined ? undefined : new Backoff(config.reconnect);
    this.#watchdog = new StallWatchdog(config.stallTimeout, () => this.bytesWritten, this.#onStall);
  }

  /** Undefined while nothing is being published. */
  get publisher(): RtmpPublisher | undefined {
    return this.#publisher;
  }

  /** Bytes that the kernel has accepted, on all connections so far. */
  get bytesWritten(): number {
    return this.#bytesBefore + (this.#publisher?.bytesWritten ?? 0);
  }

  /** Makes the connection. The outcome is told to the owner. */
  connect(): void {
    this.#state = 'connecting';
    this.#attempt = new AbortController();
    this.#limiter
      .run(() => this.#publish(), this.#attempt.signal)
      .then(
        (publisher) => this.#onPublishing(publisher),
        (error: Error) => this.#onLost(error),
      );
  }

  /** Ends the stream cleanly, or gives up waiting for the next attempt. An attempt that is under way goes on. */
  close(): void {
    if (this.#state === 'waiting') this.#finish(this.#lastError);
    // The outcome comes through onClose.
    else void this.#publisher?.close();
  }

  /** Resets the connection now, and for good; `error` is what it ends with. */
  destroy(error: Error): void {
    this.#destroyedBy ??= error;
    // While a connection is being made, or stands, its own answer to the signal is the end.
    this.#attempt.abort(error);
    if (this.#state === 'waiting') this.#finish(error);
  }

  /** The publisher has said "no more": from now on, taking nothing is a stall. */
  watch(): void {
    this.#watchdog.arm();
  }

  onDrain(): void {
    this.#watchdog.disarm();
    this.#owner.onDrain();
  }

  onCommand(name: string, args: AmfValue[]): void {
    this.#owner.onCommand(name, args);
  }

  onWarning(message: string): void {
    this.#owner.onWarning(message);
  }

  onClose(error: RtmpError | undefined): void {
    this.#bytesBefore = this.bytesWritten;
    this.#publisher = undefined;
    this.#watchdog.disarm();
    if (error === undefined) this.#finish(undefined);
    else this.#onLost(error);
  }

  async #publish(): Promise<RtmpPublisher> {
    const { url, connectTimeout, closeTimeout, chunkSize, connection, inFlightLimit } = this.#config;
    const attempt = this.#attempt;
    const { signal } = attempt;
    const timer = setTimeout(() => attempt.abort(connectTimeoutError(connectTimeout)), connectTimeout);
    // The destination's close time-out covers the publisher's own: when it runs out, the tail may not have arrived.
    const timeouts = { close: closeTimeout + 1000 };
    try {
      // No extension is announced that is not made use of: a server that knows them would rely on it.
      const connectObject = { capsEx: 0, ...connection.connectObject };
      const queue = { highWaterMark: inFlightLimit };
      const options = { ...connection, ...queue, connectObject, url, chunkSize, timeouts, signal };
      return await RtmpPublisher.connect(options, this);
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    } finally {
      clearTimeout(timer);
    }
  }

  #onPublishing(publisher: RtmpPublisher): void {
    this.#state = 'publishing';
    this.#publisher = publisher;
    this.#publishingSince = monotonicNow();
    this.#owner.onPublishing(publisher);
  }

  #onLost(error: Error): void {
    const wasPublishing = this.#state === 'publishing';
    if (wasPublishing) this.#backoff?.published(monotonicNow() - this.#publishingSince);
    const again = this.#destroyedBy === undefined && this.#owner.wantsConnection;
    const delay = again ? this.#backoff?.next(classOf(error)) : undefined;
    if (delay === undefined) {
      this.#finish(error);
      return;
    }
    this.#state = 'waiting';
    this.#lastError = error;
    this.#retryTimer = setTimeout(() => this.connect(), delay);
    this.#owner.onLost(error, delay, wasPublishing);
  }

  #finish(error: Error | undefined): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    clearTimeout(this.#retryTimer);
    // However the connection took it: who was destroyed did not end well.
    this.#owner.onOver(this.#destroyedBy ?? error);
  }

  readonly #onStall = (limit: number): void => {
    const message = `the kernel has accepted nothing for ${limit} ms, which is the limit (stallTimeout)`;
    const details = { permitted: limit };
    this.#publisher?.destroy(new RtmpError(RtmpErrorCode.timeout, 'publishing', message, { details }));
  };
}

function connectTimeoutError(limit: number): CloudPushError {
  return new CloudPushError('ERR_CLOUDPUSH_TIMEOUT', `connecting took longer than the limit of ${limit} ms`, {
    class: 'retryable',
    details: { stage: 'connect', permitted: limit },
  });
}
