import { CloudPushError } from '@cloudpush/engine';

/**
 * An error in one line: its message, and the system's own word for the cause where the message leaves it out.
 */
export function errorText(error: unknown): string {
  const { code, message, cause } = CloudPushError.wrap(error);
  if (!(cause instanceof Error) || code.startsWith('ERR_CLOUDPUSH_SOURCE')) return message;
  const word = (cause as NodeJS.ErrnoException).code ?? cause.message;
  return message.includes(word) ? message : `${message} (${word})`;
}
