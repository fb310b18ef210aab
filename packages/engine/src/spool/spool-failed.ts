import { CloudPushError } from '../base/errors.js';

/** The error of a spool whose disk or folder has failed; `cause` is the system's. */
export function spoolFailed(folder: string, cause: unknown): CloudPushError {
  const { code, message } = cause as NodeJS.ErrnoException;
  return new CloudPushError(
    'ERR_CLOUDPUSH_SPOOL_FAILED',
    `the spool in ${folder} cannot be used (${code ?? message}): see to its folder and its disk`,
    { details: { folder, errno: code }, cause },
  );
}
