import { CloudPushError } from '../base/errors.js';

/** Why a media file cannot be pushed. */
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
} as const;
export type SourceErrorCode = (typeof sourceErrorCodes)[keyof typeof sourceErrorCodes];

export interface SourceErrorDetails {
  /** Byte in the file. */
  readonly offset?: number | undefined;
  readonly cause?: unknown;
}

/** An error that names the file, and the byte where there is one. */
export function sourceError(
  code: SourceErrorCode,
  file: string,
  what: string,
  { offset, cause }: SourceErrorDetails = {},
): CloudPushError {
  const place = offset === undefined ? file : `${file}, byte ${offset}`;
  return new CloudPushError(code, `${place}: ${what}`, { class: 'fatal', details: { file, offset }, cause });
}

/** A live source is silent. */
export function sourceTimeoutError(kind: 'connecting' | 'all' | 'video', timeout: number): CloudPushError {
  const what = {
    connecting: `the source was not there within ${timeout} ms (timeout)`,
    all: `nothing was received from the source for ${timeout} ms (timeout)`,
    video: `the source sent sound, but no picture for ${timeout} ms (videoTimeout)`,
  }[kind];
  return new CloudPushError(sourceErrorCodes.timeout, what, {
    class: 'retryable',
    details: { kind, permitted: timeout },
  });
}
