import { certificateFault, redact } from '@cloudpush/transport';
import { CloudPushError } from '../base/errors.js';

/** Of a foreign text, so many characters are shown. */
const MAX_TEXT = 200;

/** A foreign text, fit for an error: short, on one line, without the secrets. */
export function shown(text: string, secrets: readonly string[]): string {
  const line = redact(text, secrets).replace(/\p{Cc}+/gu, ' ');
  return line.length > MAX_TEXT ? `${line.slice(0, MAX_TEXT)}…` : line;
}

/** A foreign error as a cause: its text as it may be shown, and its code. */
export function shownCause(error: unknown, secrets: readonly string[]): Error {
  const text = error instanceof Error ? error.message : String(error);
  const code = codeOf(error);
  const cause: NodeJS.ErrnoException = new Error(shown(text === '' ? (code ?? 'unknown') : text, secrets));
  if (code !== undefined) cause.code = code;
  return cause;
}

/** The system's or a library's own word for an error. */
export function codeOf(error: unknown): string | undefined {
  const code = (error as NodeJS.ErrnoException | null | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}

/** @param server scheme, host and port. */
export function unreachable(server: string, cause: Error): CloudPushError {
  const reason = codeOf(cause) ?? cause.message;
  const message = `the token server ${server} cannot be reached: ${reason}`;
  return new CloudPushError('ERR_CLOUDPUSH_TOKEN_SERVER_UNREACHABLE', message, {
    details: { server },
    cause,
  });
}

export function tlsFailed(server: string, cause: Error): CloudPushError {
  const reason = codeOf(cause) ?? cause.message;
  const fault = certificateFault(codeOf(cause));
  const message =
    fault === undefined
      ? `the token server ${server} is not trusted, or does not speak TLS: ${reason}`
      : `the certificate of the token server ${server} ${fault.text} (${reason})`;
  return new CloudPushError('ERR_CLOUDPUSH_TOKEN_SERVER_TLS', message, {
    class: fault?.passes === true ? 'retryable' : 'fatal',
    details: { server },
    cause,
  });
}

/** @param retryAfter ms that the server asks to be left alone. */
export function badStatus(server: string, status: number, retryAfter: number | undefined): CloudPushError {
  const details = retryAfter === undefined ? { server, status } : { server, status, retryAfter };
  if (status === 401 || status === 403) {
    const message = `the token server ${server} refuses the credentials: status ${status}`;
    return new CloudPushError('ERR_CLOUDPUSH_TOKEN_REJECTED', message, { details });
  }
  const message = `the token server ${server} answers with status ${status}; permitted: 200 to 299`;
  return new CloudPushError('ERR_CLOUDPUSH_TOKEN_SERVER_STATUS', message, {
    class: isPassing(status) ? 'retryable' : 'fatal',
    details,
  });
}

/** For how long the token server asked to be left alone, in ms, when it did. */
export function retryAfterOf(error: unknown): number | undefined {
  if (!(error instanceof CloudPushError)) return undefined;
  const wait = error.details['retryAfter'];
  return typeof wait === 'number' ? wait : undefined;
}

/** Statuses that another try may mend (RFC 9110 §15, RFC 6585 §4). */
function isPassing(status: number): boolean {
  return status >= 500 || status === 408 || status === 429;
}

/** The server says no in a reply of the proper form. */
export function refused(server: string, code: number, description: string): CloudPushError {
  const text = description === '' ? '' : `, "${description}"`;
  const message = `the token server ${server} gives no target: code ${code}${text}; permitted: code 0`;
  return new CloudPushError('ERR_CLOUDPUSH_TOKEN_REJECTED', message, {
    details: { server, serverCode: code, description },
  });
}

/** @param actual never a value of the reply. */
export function invalidReply(
  what: string,
  actual: unknown,
  permitted: string,
  cause?: unknown,
): CloudPushError {
  const message = `the token reply's ${what} is ${actual}; permitted: ${permitted}`;
  return new CloudPushError('ERR_CLOUDPUSH_TOKEN_REPLY_INVALID', message, {
    details: { field: what, actual, permitted },
    cause,
  });
}

/** @param limit ms */
export function tokenTimeout(step: 'connect' | 'headers' | 'body' | 'total', limit: number): CloudPushError {
  const message = `the request for a push target took longer than the limit of ${limit} ms (${step})`;
  return new CloudPushError('ERR_CLOUDPUSH_TOKEN_TIMEOUT', message, { details: { step, permitted: limit } });
}

export function providerFailed(cause: Error): CloudPushError {
  return new CloudPushError(
    'ERR_CLOUDPUSH_TOKEN_PROVIDER_FAILED',
    `the token provider failed: ${cause.message}`,
    {
      cause,
    },
  );
}
