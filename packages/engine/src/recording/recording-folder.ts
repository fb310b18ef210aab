import { resolve } from 'node:path';
import { CloudPushError } from '../base/errors.js';
import { makeFolder } from '../base/make-folder.js';

/**
 * Makes a folder for recordings, and those that it lies in, where they are not there yet.
 * @throws CloudPushError `ERR_CLOUDPUSH_RECORDING_FAILED`.
 */
export async function makeRecordingFolder(folder: string): Promise<void> {
  try {
    makeFolder(resolve(folder));
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? String(cause);
    const message =
      code === 'EEXIST'
        ? `${folder} is a file, not a folder for recordings`
        : `the folder ${folder} for recordings cannot be made (${code})`;
    throw new CloudPushError('ERR_CLOUDPUSH_RECORDING_FAILED', message, { class: 'fatal', cause });
  }
}
