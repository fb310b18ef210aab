import { CloudPushError } from '@cloudpush/engine';

/**
 * An error in one line: its message, the system's own word for the cause where the message leaves it out, and
 * what to do when no more files can be opened.
 */
export function errorText(error: unknown): string {
  const text = messageOf(error);
  // Whoever has raised it did not expect it: it is nobody's fault here.
  return text.includes('EMFILE') ? `${text.replace(/^internal error: /, '')}; ${openFilesAdvice()}` : text;
}

/** The limit of open files, and how it is raised. */
function openFilesAdvice(): string {
  const limit = openFilesLimit();
  const what =
    limit === undefined ? 'no more files' : `no more than ${limit} files and connections at a time`;
  return `this process may open ${what}: raise the limit (ulimit -n)`;
}

/** Undefined: the system has no such limit, or does not tell. */
function openFilesLimit(): number | undefined {
  // The names of all peers would be looked up otherwise.
  const report = Object.assign(process.report, { excludeNetwork: true });
  const { userLimits } = report.getReport() as { readonly userLimits?: UserLimits };
  const soft = userLimits?.open_files?.soft;
  return typeof soft === 'number' ? soft : undefined;
}

interface UserLimits {
  readonly open_files?: { readonly soft: number | string };
}

function messageOf(error: unknown): string {
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
