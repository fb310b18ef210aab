/** Reasons why a media file cannot be pushed. */
export const sourceErrorCodes = {
  /** The file is not there, is no file, or may not be read; `cause` is the system's error. */
  unreadable: 'ERR_CLOUDPUSH_SOURCE_UNREADABLE',
  /** The file name ends in nothing known, or the files do not go together. */
  unsupported: 'ERR_CLOUDPUSH_SOURCE_UNSUPPORTED',
  /** The file holds no media. */
  empty: 'ERR_CLOUDPUSH_SOURCE_EMPTY',
  /** The file is not what its name says, or is broken. */
  invalid: 'ERR_CLOUDPUSH_SOURCE_INVALID',
  /** Nothing was received for too long, or sound but no pictures. */
  timeout: 'ERR_CLOUDPUSH_SOURCE_TIMEOUT',
  /** The camera's certificate is not trusted, or is not the one that is pinned. */
  tls: 'ERR_CLOUDPUSH_SOURCE_TLS',
  /** A command could not be started, or has failed; its last words stand in the message. */
  command: 'ERR_CLOUDPUSH_SOURCE_COMMAND',
  /** A source module cannot be loaded, breaks its contract, or has failed. */
  module: 'ERR_CLOUDPUSH_SOURCE_MODULE',
} as const;
/** Error codes of media files and other inputs. */
export type SourceErrorCode = (typeof sourceErrorCodes)[keyof typeof sourceErrorCodes];
