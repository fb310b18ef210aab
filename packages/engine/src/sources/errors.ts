import { certificateFault } from '@cloudpush/transport';
import { CloudPushError } from '../base/errors.js';
import { type SourceErrorCode, sourceErrorCodes } from '../base/source-error-codes.js';

/** The place and the cause of a source's error. */
export interface SourceErrorDetails {
  /** Byte in the file. */
  readonly offset?: number | undefined;
  readonly cause?: unknown;
  /** Default `fatal`. */
  readonly class?: 'fatal' | 'retryable' | undefined;
}

/** Refusals of a system that has no more of something just now, such as open files. */
const SHORTAGES: readonly unknown[] = ['EMFILE', 'ENFILE', 'EAGAIN', 'ENOMEM', 'EBUSY'];

/** Whether the same attempt may succeed later, with nothing put right. */
export function isShortage(cause: unknown): boolean {
  return SHORTAGES.includes((cause as NodeJS.ErrnoException | undefined)?.code);
}

/** The shortage in words, with the system's own: `too many open files (EMFILE)`; undefined: there is none. */
export function shortageText(cause: unknown): string | undefined {
  if (!isShortage(cause)) return undefined;
  const { code } = cause as NodeJS.ErrnoException;
  const words: Readonly<Record<string, string>> = {
    EMFILE: 'this process has too many open files',
    ENFILE: 'this machine has too many open files',
    ENOMEM: 'there is too little memory',
  };
  return `${words[code!] ?? 'the machine has too little of something'} (${code})`;
}

/** An error that names the file, and the byte where there is one. */
export function sourceError(
  code: SourceErrorCode,
  file: string,
  what: string,
  { offset, cause, class: kind = 'fatal' }: SourceErrorDetails = {},
): CloudPushError {
  const place = offset === undefined ? file : `${file}, byte ${offset}`;
  return new CloudPushError(code, `${place}: ${what}`, { class: kind, details: { file, offset }, cause });
}

/** A live source is silent. */
export function sourceTimeoutError(kind: 'connecting' | 'all' | 'video', timeout: number): CloudPushError {
  const what = {
    connecting: `the source did not answer within ${timeout} ms (timeout)`,
    all: `nothing was received from the source for ${timeout} ms (timeout)`,
    video: `the source sent sound, but no picture for ${timeout} ms (videoTimeout)`,
  }[kind];
  return new CloudPushError(sourceErrorCodes.timeout, what, {
    class: 'retryable',
    details: { kind, permitted: timeout },
  });
}

/**
 * @param cause why authorities do not vouch for the certificate; undefined: it is not the one that is pinned
 */
export function sourceTlsError(cause: Error | undefined): CloudPushError {
  if (cause === undefined) {
    const message = "the camera's certificate is not the one whose fingerprint is given (fingerprint)";
    return new CloudPushError(sourceErrorCodes.tls, message, { class: 'auth' });
  }
  const { code } = cause as NodeJS.ErrnoException;
  const { text, passes, isUntrusted } = certificateFault(code) ?? {
    text: 'is not trusted',
    passes: false,
    isUntrusted: true,
  };
  const advice = `${isUntrusted ? 'give the authority (ca), or ' : 'give '}its SHA-256 fingerprint (fingerprint)`;
  // A certificate that was revoked is none to pin.
  const message = `the camera's certificate ${text} (${code})${code === 'CERT_REVOKED' ? '' : `: ${advice}`}`;
  return new CloudPushError(sourceErrorCodes.tls, message, { class: passes ? 'retryable' : 'auth', cause });
}

/** @param what without secrets */
export function sourceCommandError(
  command: string,
  what: string,
  details: {
    readonly cause?: Error;
    readonly exitCode?: number | null;
    readonly killedBy?: NodeJS.Signals | null;
  },
): CloudPushError {
  const { cause, ...facts } = details;
  const isMissing = (cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT';
  const text = isMissing ? `${what}: there is no such program` : what;
  return new CloudPushError(sourceErrorCodes.command, `the command ${command} ${text}`, {
    class: cause === undefined || isShortage(cause) ? 'retryable' : 'fatal',
    details: { command, ...facts },
    cause,
  });
}

/** A module that could not be imported; it is worth another attempt where only the machine was short. */
export function moduleNotLoaded(url: string, cause: unknown): CloudPushError {
  const shortage = shortageText(cause);
  const what = shortage === undefined ? 'cannot be loaded' : `cannot be loaded now: ${shortage}`;
  return sourceModuleError(url, what, { class: shortage === undefined ? 'fatal' : 'retryable', cause });
}

/** @param what without secrets */
export function sourceModuleError(
  url: string,
  what: string,
  options: { readonly class: 'fatal' | 'retryable'; readonly cause?: unknown },
): CloudPushError {
  const [shown] = url.split(/[?#,]/, 1);
  const message = `the source module ${shown} ${what}`;
  return new CloudPushError(sourceErrorCodes.module, message, { ...options, details: { module: shown } });
}

/** @param limit bytes that the pool can hold of one channel */
export function sourcePacketTooLarge(bytes: number, limit: number): CloudPushError {
  const message = `a packet of ${bytes} bytes from the source is larger than the ${limit} bytes that the pool can hold for one channel`;
  const details = { actual: bytes, permitted: limit };
  return new CloudPushError('ERR_CLOUDPUSH_PACKET_TOO_LARGE', message, { details });
}
