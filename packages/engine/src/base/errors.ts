import { MuxerError } from '@cloudpush/muxer';
import { type ErrorClass, RtmpError } from '@cloudpush/transport';

export type { ErrorClass };

/** Causes that arise in the engine itself; those of muxer and transport keep their own codes. */
const engineErrors = {
  /** An argument or option has a value that is not permitted. */
  ERR_CLOUDPUSH_INVALID_PARAMETER: 'fatal',
  /** The packet is larger than the pool could ever hold for one channel. */
  ERR_CLOUDPUSH_PACKET_TOO_LARGE: 'fatal',
  /** The pool cannot hold what the open channels have shown to need. */
  ERR_CLOUDPUSH_POOL_TOO_SMALL: 'retryable',
  /** `maxConnections` destinations are already open. */
  ERR_CLOUDPUSH_TOO_MANY_CONNECTIONS: 'retryable',
  /** The engine is closing or closed. */
  ERR_CLOUDPUSH_ENGINE_CLOSED: 'fatal',
  /** The channel is closing or closed. */
  ERR_CLOUDPUSH_CHANNEL_CLOSED: 'fatal',
  /** Queued media did not leave within the close time-out. */
  ERR_CLOUDPUSH_CLOSE_TIMEOUT: 'retryable',
  /** The worker thread that owned the connection ended on an error. */
  ERR_CLOUDPUSH_SHARD_DIED: 'retryable',
  /** The engine's fence is past, or too close for a connection attempt. */
  ERR_CLOUDPUSH_FENCED: 'retryable',
  /** The token server could not be reached, or broke the connection. */
  ERR_CLOUDPUSH_TOKEN_SERVER_UNREACHABLE: 'retryable',
  /** The TLS handshake with the token server failed, or its certificate is not trusted. */
  ERR_CLOUDPUSH_TOKEN_SERVER_TLS: 'fatal',
  /** The token server answered with a status that means no reply; 5xx, 408 and 429 are `retryable`. */
  ERR_CLOUDPUSH_TOKEN_SERVER_STATUS: 'fatal',
  /** The token server, or a provider in its place, did not answer in time. */
  ERR_CLOUDPUSH_TOKEN_TIMEOUT: 'retryable',
  /**
   * The token server refused the credentials or the device, with status 401 or 403 or a code other than 0.
   */
  ERR_CLOUDPUSH_TOKEN_REJECTED: 'auth',
  /** The reply is not a valid push target. */
  ERR_CLOUDPUSH_TOKEN_REPLY_INVALID: 'retryable',
  /** The caller's own token provider failed. */
  ERR_CLOUDPUSH_TOKEN_PROVIDER_FAILED: 'retryable',
  /** The embedded receiver cannot write a recording. */
  ERR_CLOUDPUSH_RECORDING_FAILED: 'fatal',
  /** The folder for log files cannot be made or written, or has a name that log files cannot have. */
  ERR_CLOUDPUSH_LOG_FOLDER: 'fatal',
  /** Media or metadata came between the end of a segment and the start of the next. */
  ERR_CLOUDPUSH_BETWEEN_SEGMENTS: 'fatal',
  /** Another process has the spool's folder. */
  ERR_CLOUDPUSH_SPOOL_IN_USE: 'fatal',
  /** The spool's folder or disk cannot be used now. */
  ERR_CLOUDPUSH_SPOOL_FAILED: 'retryable',
  /** Another destination of the engine has the series of the spool. */
  ERR_CLOUDPUSH_SPOOL_SERIES_IN_USE: 'retryable',
  /** Something that is a fault of this library; please report it. */
  ERR_CLOUDPUSH_INTERNAL: 'fatal',
} as const satisfies Record<string, ErrorClass>;

/** Error codes of the engine; those of the muxer and of the transport come beside them. */
export type EngineErrorCode = keyof typeof engineErrors;

/** An error on its way between threads. */
export interface ErrorData {
  readonly code: string;
  readonly class: ErrorClass;
  readonly message: string;
  /**
   * Facts beside the message: the stage of a connection, the server's own words, the actual and permitted
   * value.
   */
  readonly details: Readonly<Record<string, unknown>>;
  readonly cause: { readonly message: string; readonly code: string | undefined } | undefined;
}

/** Options of {@link CloudPushError}. */
export interface CloudPushErrorOptions {
  readonly class?: ErrorClass;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/**
 * The error of the engine's public functions and events.
 *
 * `code` is stable and starts with `ERR_CLOUDPUSH_`; `class` says what may be done about it; `details` holds
 * the facts (stage, the server's own words, actual and permitted values). Neither message nor details ever
 * hold a token, user info or a URL's query.
 */
export class CloudPushError extends Error {
  override readonly name = 'CloudPushError';
  readonly code: string;
  readonly class: ErrorClass;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: EngineErrorCode, message: string, options?: CloudPushErrorOptions);
  constructor(code: string, message: string, options: CloudPushErrorOptions & { readonly class: ErrorClass });
  constructor(code: string, message: string, options: CloudPushErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.class = options.class ?? engineErrors[code as EngineErrorCode];
    this.details = options.details ?? {};
  }

  /** The error that another thread described. */
  static from(data: ErrorData): CloudPushError {
    const { code, class: errorClass, message, details } = data;
    const cause = data.cause === undefined ? undefined : asCause(data.cause);
    return new CloudPushError(code, message, { class: errorClass, details, cause });
  }

  /** `error` as this class. */
  static wrap(error: unknown): CloudPushError {
    return error instanceof CloudPushError ? error : CloudPushError.from(toErrorData(error));
  }
}

/** The error of what was aborted; `reason` is the caller's. */
export function abortedError(reason?: unknown, what = 'channel'): CloudPushError {
  return new CloudPushError('ERR_CLOUDPUSH_ABORTED', `the ${what} was aborted`, {
    class: 'fatal',
    details: reason === undefined || reason instanceof Error ? {} : { reason: textOf(reason) },
    cause: reason,
  });
}

/** Describes any error for another thread. */
export function toErrorData(error: unknown): ErrorData {
  if (isOurs(error)) {
    const { code, message } = error;
    return { code, class: error.class, message, details: detailsOf(error), cause: causeOf(error) };
  }
  const message = error instanceof Error ? error.message : textOf(error);
  return {
    code: 'ERR_CLOUDPUSH_INTERNAL',
    class: 'fatal',
    message: `internal error: ${message}`,
    details: {},
    cause: undefined,
  };
}

/** The class of any error; `'fatal'` for one that is not ours. */
export function classOf(error: unknown): ErrorClass {
  return isOurs(error) ? error.class : 'fatal';
}

/** All packages' errors have one shape. */
function isOurs(error: unknown): error is CloudPushError | MuxerError | RtmpError {
  return error instanceof RtmpError || error instanceof MuxerError || error instanceof CloudPushError;
}

/** Details that can cross between threads; a redirect's address may hold a token, and stays where it is. */
function detailsOf(error: CloudPushError | MuxerError | RtmpError): ErrorData['details'] {
  if (!(error instanceof RtmpError)) return plain(error.details);
  const { redirect: _, ...rest } = error.details;
  return rest;
}

/** A caller may have put anything into an error: what cannot be cloned becomes a text. */
function plain(details: object): ErrorData['details'] {
  return Object.fromEntries(Object.entries(details).map(([name, value]) => [name, plainValue(value)]));
}

function plainValue(value: unknown): unknown {
  try {
    return structuredClone(value);
  } catch {
    return textOf(value);
  }
}

/** Its text; not everything has one. */
export function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    return typeof value;
  }
}

function causeOf(error: Error): ErrorData['cause'] {
  const { cause } = error;
  if (!(cause instanceof Error)) return undefined;
  const code = (cause as NodeJS.ErrnoException).code;
  return { message: wordsOf(cause), code: typeof code === 'string' ? code : undefined };
}

/** A host with several addresses fails with an aggregate, which has no words of its own. */
function wordsOf(cause: Error): string {
  if (!(cause instanceof AggregateError) || cause.message !== '') return cause.message;
  return cause.errors.map(({ message }: Error) => message).join('; ');
}

function asCause(data: NonNullable<ErrorData['cause']>): Error {
  const cause: NodeJS.ErrnoException = new Error(data.message);
  if (data.code !== undefined) cause.code = data.code;
  return cause;
}
