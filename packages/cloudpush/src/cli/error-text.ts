import { CloudPushError } from '@cloudpush/engine';

/**
 * An error in one line: its message, and the system's own word for the cause where the message leaves it out.
 */
export function errorText(error: unknown): string {
  const reason = fetchFailure(error);
  if (reason !== undefined) return reason;
  const { code, message, cause } = CloudPushError.wrap(error);
  if (!(cause instanceof Error) || code.startsWith('ERR_CLOUDPUSH_SOURCE')) return message;
  const word = (cause as NodeJS.ErrnoException).code ?? cause.message;
  return message.includes(word) ? message : `${message} (${word})`;
}

/** The reason that `fetch` leaves out of its "fetch failed"; of a name with several addresses only the code. */
function fetchFailure(error: unknown): string | undefined {
  if (!(error instanceof TypeError && error.cause instanceof Error)) return undefined;
  const { message, code = 'fetch failed' } = error.cause as NodeJS.ErrnoException;
  return message === '' ? code : message;
}
