import type { AmfObject, AmfValue } from '../../amf/value.js';
import type { RtmpError } from '../../errors.js';
import type { TransportLimits } from '../../limits.js';
import type { RtmpStatus } from '../../session/client/status.js';
import type { ServerProfileName } from '../../session/publish/profile.js';
import type { ReconnectRequest, SessionTimeouts } from '../../session/publish/publish-state.js';
import type { DialOptions, DialTimeouts } from '../dial/dial-options.js';

/** The longest waits, in milliseconds. Every wait has one. */
export interface PublisherTimeouts extends DialTimeouts, SessionTimeouts {
  /**
   * RTMP handshake; half of it when the digest handshake is to follow (`handshake: 'auto'`). Default 10,000.
   */
  readonly handshake: number;
  /** Answer to `connect`. Default 10,000. */
  readonly connect: number;
  /**
   * Answer to `createStream`. Default 10,000. It begins anew for the next stream of a connection with each
   * acknowledgement of the media that the server has to read before; so does the next.
   */
  readonly createStream: number;
  /** Answer to `publish`. Default 10,000. */
  readonly publish: number;
  /**
   * `RtmpPublisher.close`: until the kernel has taken the queue and the server has closed its side; then
   * reset. Default 5,000.
   */
  readonly close: number;
}

/** Place that a token is put in. */
export type TokenPlacement =
  /** `?token=…` at the end of the stream name: what most servers read. */
  | 'stream-query'
  /** `?token=…` at the end of the tcUrl (and app, as Adobe's clients do). */
  | 'tc-url-query'
  /** An argument of `connect` behind the command object. */
  | 'connect-argument';

/** Options of `RtmpPublisher`. */
export interface PublisherOptions extends DialOptions {
  /** `rtmp[s]://[user:password@]host[:port]/app/stream[?query]`. */
  readonly url: string;
  /** The app, when it is more than the first path segment. */
  readonly app?: string | undefined;
  /** The stream name (with query) instead of the URL's. */
  readonly streamName?: string | undefined;
  readonly token?: string | undefined;
  /** Default `stream-query`. */
  readonly tokenPlacement?: TokenPlacement | undefined;
  /** User name and password for `authmod=adobe` and `authmod=llnw`; default: the URL's. */
  readonly credentials?: { readonly user: string; readonly password: string } | undefined;
  readonly timeouts?: Partial<PublisherTimeouts> | undefined;
  /** Outgoing chunk size, 128 … 16,777,215. Default: the server profile's, 65,536. */
  readonly chunkSize?: number | undefined;
  /** Default `auto`: as far as the server can be recognized. */
  readonly profile?: ServerProfileName | 'auto' | undefined;
  /**
   * `auto` (default): simple first, and digest on a new connection when the server ends the simple one before
   * the handshake is over. `simple`, `digest`: that one only.
   */
  readonly handshake?: 'simple' | 'digest' | 'auto' | undefined;
  /** Place of the client's digest: 0 behind the key, 1 (default) before it. */
  readonly digestScheme?: 0 | 1 | undefined;
  /** Default `live`. */
  readonly publishType?: 'live' | 'record' | 'append' | undefined;
  /** Announce Enhanced RTMP in `connect`. Default true. */
  readonly enhanced?: boolean | undefined;
  /**
   * More properties for the command object of `connect`, or other values for ours (`flashVer`, `swfUrl`, …).
   */
  readonly connectObject?: AmfObject | undefined;
  /** Arguments of `connect` behind the command object. */
  readonly connectArguments?: readonly AmfValue[] | undefined;
  /** Number of 302 redirects to follow. Default 3. */
  readonly maxRedirects?: number | undefined;
  /**
   * `RtmpPublisher.send` says false while a write is under way and more than this is queued. Default
   * 262,144 bytes.
   */
  readonly highWaterMark?: number | undefined;
  /**
   * `RtmpPublisher.send` throws when this is queued: the caller has ignored `false`. Default 67,108,864
   * bytes.
   */
  readonly maxQueuedBytes?: number | undefined;
  readonly limits?: Partial<TransportLimits> | undefined;
  /**
   * Asked before every write to the socket: where it says false nothing is written, and the connection is
   * reset. For a publisher whose right to send may end at any time, as that of a lease does.
   */
  readonly mayWrite?: (() => boolean) | undefined;
}

/**
 * A plain object; what is left out is not reported. Handlers must not throw. All but {@link onClose} may be
 * called before `connect` has resolved.
 */
export interface PublisherEvents {
  /** There is room again, after `RtmpPublisher.send` said false. */
  onDrain?(): void;
  /** Every `onStatus` of the server. */
  onStatus?(status: RtmpStatus): void;
  /** A command or data message with a meaning of its own, e.g. `onLiveOpen`. */
  onCommand?(name: string, args: AmfValue[]): void;
  /**
   * The server asks us to move. `url` is where to: it may hold a token. Keep sending until the next key
   * frame. `trusted` is false after a redirect to another host than the caller's: the server that asks has
   * not been shown token and arguments.
   */
  onReconnectRequest?(request: ReconnectRequest & { readonly url: string; readonly trusted: boolean }): void;
  /** Something that the user should know, without a secret in it. */
  onWarning?(message: string): void;
  /**
   * The connection is gone and everything is released: once, and last. Undefined after `RtmpPublisher.close`
   * when the server ended its side, too, with nothing left in our queue: the only sign that it has read
   * everything. Not called when `connect` was rejected.
   */
  onClose?(error: RtmpError | undefined): void;
}

/**
 * Called exactly once, when the kernel has taken the last byte or the connection has given the message up.
 */
export interface Releasable {
  /**
   * Takes the message back.
   * @param taken false: the message was given up, because its connection is gone
   */
  release(taken: boolean): void;
}
