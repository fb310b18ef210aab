/**
 * Tells what to do about an error. The one definition: the engine's errors have the same classes, and those
 * of the muxer are all `fatal`.
 *
 * - `retryable`: try again, with back-off.
 * - `auth`: try again with new credentials or a new token only.
 * - `busy`: try again after the server has let the old session go.
 * - `fatal`: trying again cannot help.
 */
export type ErrorClass = 'retryable' | 'auth' | 'busy' | 'fatal';

/** The step in the life of a connection in which a failure happened. */
export type RtmpStage =
  /** In an encoder or decoder, on no connection. */
  | 'message'
  | 'url'
  | 'dns'
  | 'socket'
  | 'proxy'
  | 'tls'
  | 'handshake'
  | 'connect'
  | 'create-stream'
  | 'publish'
  | 'publishing'
  | 'play'
  | 'playing'
  | 'close';

/** Every code that transport raises, with the class that it has unless the cause says otherwise. */
export const RtmpErrorCode = {
  /** The push URL is not an RTMP URL, or names no app or stream. */
  invalidUrl: 'ERR_CLOUDPUSH_INVALID_URL',
  /** An option has a value that is not permitted. */
  invalidOption: 'ERR_CLOUDPUSH_INVALID_OPTION',
  /** A method was called in a state that does not allow it. */
  invalidState: 'ERR_CLOUDPUSH_INVALID_STATE',
  /** The host name did not resolve. */
  dns: 'ERR_CLOUDPUSH_DNS',
  /** The TCP connection could not be made. */
  socketConnect: 'ERR_CLOUDPUSH_SOCKET_CONNECT',
  /** The proxy could not be reached, or refused. */
  proxy: 'ERR_CLOUDPUSH_PROXY',
  /** The TLS handshake failed, or the certificate is not trusted. */
  tls: 'ERR_CLOUDPUSH_TLS',
  /** The server's certificate is none of the pinned ones. */
  tlsPin: 'ERR_CLOUDPUSH_TLS_PIN',
  /** A step took longer than its time-out; `stage` says which. */
  timeout: 'ERR_CLOUDPUSH_TIMEOUT',
  /** A socket option (time-out, keep-alive, no-delay) could not be set. */
  setTimeout: 'ERR_CLOUDPUSH_SET_TIMEOUT',
  /** The RTMP handshake failed. */
  handshake: 'ERR_CLOUDPUSH_HANDSHAKE',
  /** The server refused `connect`, and asking again with the same credentials cannot help. */
  connectRejected: 'ERR_CLOUDPUSH_CONNECT_REJECTED',
  /** The server answered `connect` with a failure that may pass. */
  connectFailed: 'ERR_CLOUDPUSH_CONNECT_FAILED',
  /** The credentials are missing, wrong, or of a scheme that is not known. */
  authFailed: 'ERR_CLOUDPUSH_AUTH_FAILED',
  /**
   * The server redirects (`ex.code` 302) to `details.redirect`. Followed by the publisher, but not from rtmps
   * to rtmp.
   */
  redirect: 'ERR_CLOUDPUSH_REDIRECT',
  /** More redirects than permitted. */
  redirectLimit: 'ERR_CLOUDPUSH_REDIRECT_LIMIT',
  /** The server answered `createStream` with an error. */
  createStreamFailed: 'ERR_CLOUDPUSH_CREATE_STREAM_FAILED',
  /** The server refused `publish` for good. */
  publishRejected: 'ERR_CLOUDPUSH_PUBLISH_REJECTED',
  /** The stream name is still held by another (often our own, dropped) session. */
  streamBusy: 'ERR_CLOUDPUSH_STREAM_BUSY',
  /** `publish` failed, or the server ended the stream, in a way that may pass. */
  publishFailed: 'ERR_CLOUDPUSH_PUBLISH_FAILED',
  /** The server refused `play`, or the stream that was played is not there any more. */
  playFailed: 'ERR_CLOUDPUSH_PLAY_FAILED',
  /**
   * The server takes this codec in no form that we can send: it has announced others, or closed on its first
   * header.
   */
  codecRefused: 'ERR_CLOUDPUSH_CODEC_REFUSED',
  /** The peer broke the protocol. */
  protocol: 'ERR_CLOUDPUSH_PROTOCOL',
  /** The peer went past one of our limits. */
  peerLimit: 'ERR_CLOUDPUSH_PEER_LIMIT',
  /** An AMF value cannot be read or written. */
  amf: 'ERR_CLOUDPUSH_AMF',
  /** A message or a string is longer than the protocol or the server takes. */
  messageTooLarge: 'ERR_CLOUDPUSH_MESSAGE_TOO_LARGE',
  /** `send` was called on although the outbox had long said no. */
  outboxFull: 'ERR_CLOUDPUSH_OUTBOX_FULL',
  /** The peer closed the connection. */
  peerClosed: 'ERR_CLOUDPUSH_PEER_CLOSED',
  /** The connection broke (reset, unreachable, …); `cause` is the system's error. */
  socket: 'ERR_CLOUDPUSH_SOCKET',
  /** The caller's `AbortSignal` fired. */
  aborted: 'ERR_CLOUDPUSH_ABORTED',
} as const;
export type RtmpErrorCode = (typeof RtmpErrorCode)[keyof typeof RtmpErrorCode];

const FATAL: ReadonlySet<string> = new Set([
  RtmpErrorCode.invalidUrl,
  RtmpErrorCode.invalidOption,
  RtmpErrorCode.invalidState,
  RtmpErrorCode.tls,
  RtmpErrorCode.tlsPin,
  RtmpErrorCode.redirectLimit,
  RtmpErrorCode.codecRefused,
  RtmpErrorCode.amf,
  RtmpErrorCode.messageTooLarge,
  RtmpErrorCode.outboxFull,
  RtmpErrorCode.aborted,
]);
const AUTH: ReadonlySet<string> = new Set([
  RtmpErrorCode.connectRejected,
  RtmpErrorCode.authFailed,
  RtmpErrorCode.publishRejected,
]);

/** The class that a code has by itself. */
function classOf(code: RtmpErrorCode): ErrorClass {
  if (code === RtmpErrorCode.streamBusy) return 'busy';
  if (AUTH.has(code)) return 'auth';
  return FATAL.has(code) ? 'fatal' : 'retryable';
}

/** Facts about a failure. Never holds a secret: URLs appear without query and user info. */
export interface RtmpErrorDetails {
  /** The step in the life of a connection in which it happened. Always there in the details of an error. */
  readonly stage?: RtmpStage;
  /** The value met. */
  readonly actual?: unknown;
  /** The value that would have been permitted. */
  readonly permitted?: unknown;
  /** The server's own `code`, e.g. `NetStream.Publish.BadName`. */
  readonly serverCode?: string;
  /** The server's own `description`; queries, user info and what is known to be secret are left out. */
  readonly description?: string;
  /** The server has ended the connection right after `publish` without a word, which usually is a refusal. */
  readonly silent?: boolean;
  /** Target of a 302: may hold a token in its query, so it is in no text, and not enumerable. */
  readonly redirect?: string;
}

/** Options of {@link RtmpError}. */
export interface RtmpErrorOptions {
  readonly class?: ErrorClass;
  readonly details?: RtmpErrorDetails;
  readonly cause?: unknown;
}

/**
 * The only error that transport throws or reports. It has the shape that all packages share: `code` is
 * stable, `class` says what to do, `details` holds the facts, `cause` the error behind it, and the message is
 * for people.
 */
export class RtmpError extends Error {
  override readonly name = 'RtmpError';
  readonly code: RtmpErrorCode;
  readonly class: ErrorClass;
  readonly details: RtmpErrorDetails & { readonly stage: RtmpStage };

  constructor(code: RtmpErrorCode, stage: RtmpStage, message: string, options: RtmpErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.class = options.class ?? classOf(code);
    // With their descriptors: what is not enumerable must not become so.
    this.details = Object.create(Object.prototype, {
      ...Object.getOwnPropertyDescriptors(options.details ?? {}),
      stage: { value: stage, enumerable: true },
    });
  }

  /** The step in the life of a connection in which it happened: `details.stage`. */
  get stage(): RtmpStage {
    return this.details.stage;
  }
}

/** The error for a peer that makes us answer and does not read the answers. */
export function unreadReplies(actual: number, permitted: number): RtmpError {
  const text = `the peer has left ${actual} bytes of answers unread, permitted: ${permitted}`;
  return new RtmpError(RtmpErrorCode.peerLimit, 'publishing', text, { details: { actual, permitted } });
}
