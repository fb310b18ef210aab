import { CloudPushError } from '../errors.js';

/** An error in one line: its message, and the system's cause where that says more. */
export function errorText(error: unknown): string {
  const { message, cause } = CloudPushError.wrap(error);
  const known = cause instanceof Error && !message.includes(cause.message);
  return known ? `${message} (${cause.message})` : message;
}
