import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CloudPushError } from '../errors.js';

/**
 * Makes a folder for recordings, and those that it lies in, where they are not there yet.
 * @throws CloudPushError `ERR_CLOUDPUSH_RECORDING_FAILED`.
 */
export async function makeRecordingFolder(folder: string): Promise<void> {
  try {
    await makeFolder(folder);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? String(cause);
    const message =
      code === 'EEXIST'
        ? `${folder} is a file, not a folder for recordings`
        : `the folder ${folder} for recordings cannot be made (${code})`;
    throw new CloudPushError('ERR_CLOUDPUSH_RECORDING_FAILED', message, { class: 'fatal', cause });
  }
}

/** Level by level: in /proc, where nothing can be made, the recursive `mkdir` of Node.js never comes back. */
async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && (await stat(folder)).isDirectory()) {
      return;
    }
    const parent = dirname(folder);
    if (code !== 'ENOENT' || parent === folder || (await isThere(parent))) {
      throw error;
    }
    await makeFolder(parent);
    await makeFolder(folder);
  }
}

async function isThere(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}
