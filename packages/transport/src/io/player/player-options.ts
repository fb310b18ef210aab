import type { AmfObject, AmfValue } from '../../amf/value.js';
import type { RtmpError } from '../../errors.js';
import type { TransportLimits } from '../../limits.js';
import type { RtmpStatus } from '../../session/client/status.js';
import type { PlayTimeouts } from '../../session/play/play-state.js';
import type { DialOptions, DialTimeouts } from '../dial/dial-options.js';
import type { TokenPlacement } from '../publisher/publisher-options.js';

/** The longest waits, in milliseconds. Every wait has one; 10,000 by default. */
export interface PlayerTimeouts extends DialTimeouts, PlayTimeouts {}

/** Options of `RtmpPlayer`. */
export interface PlayerOptions extends DialOptions {
  /** `rtmp[s]://[user:password@]host[:port]/app/stream[?query]`. */
  readonly url: string;
  /** The app, when it is more than the first path segment. */
  readonly app?: string | undefined;
  readonly token?: string | undefined;
  /** Default `stream-query`. */
  readonly tokenPlacement?: TokenPlacement | undefined;
  /** User name and password for `authmod=adobe` and `authmod=llnw`; default: the URL's. */
  readonly credentials?: { readonly user: string; readonly password: string } | undefined;
  readonly timeouts?: Partial<PlayerTimeouts> | undefined;
  /** As for a publisher. Default `auto`. */
  readonly handshake?: 'simple' | 'digest' | 'auto' | undefined;
  /** More properties for the command object of `connect`, or other values for ours. */
  readonly connectObject?: AmfObject | undefined;
  /** Arguments of `connect` behind the command object. */
  readonly connectArguments?: readonly AmfValue[] | undefined;
  /** Number of 302 redirects to follow. Default 3. */
  readonly maxRedirects?: number | undefined;
  readonly limits?: Partial<TransportLimits> | undefined;
}

/** A plain object; what is left out is not reported. Handlers must not throw. */
export interface PlayerEvents {
  /**
   * An audio, video or data message of the stream, in the order of arrival.
   * @param type 8 audio, 9 video, 18 AMF0 data, 15 AMF3 data
   * @param timestamp ms, 0 to 2^32 − 1, on the server's clock of the stream
   * @param payload good until the handler returns
   */
  onMedia?(type: number, timestamp: number, payload: Uint8Array): void;
  /** Called with each `onStatus` of the server. */
  onStatus?(status: RtmpStatus): void;
  /** Something that the user should know, without a secret in it. */
  onWarning?(message: string): void;
  /**
   * The connection is gone: once, and last. Undefined after `RtmpPlayer.close`. Not called when `connect` was
   * rejected.
   */
  onClose?(error: RtmpError | undefined): void;
}
