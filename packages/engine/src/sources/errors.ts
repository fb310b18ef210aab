import { CloudPushError } from '../base/errors.js';
import { type SourceErrorCode, sourceErrorCodes } from '../base/source-error-codes.js';

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
