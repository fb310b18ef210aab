import { accessSync, constants } from 'node:fs';
import { resolve } from 'node:path';
import { CloudPushError } from '../base/errors.js';
import { makeFolder } from '../base/make-folder.js';

/**
 * Characters that names of log files, and of the folders above them, cannot have; the colon may follow a
 * drive's letter.
 */
const FORBIDDEN = /[<>"|?*\0]|(?<!^[A-Za-z]):/;

/**
 * Makes the folder if it is not there.
 * @returns its absolute path
 * @throws CloudPushError `ERR_CLOUDPUSH_LOG_FOLDER` when log files cannot be written there.
 */
export function prepareLogFolder(folder: string): string {
  const path = resolve(folder);
  const forbidden = FORBIDDEN.exec(path)?.[0];
  if (folder === '' || forbidden !== undefined) {
    const actual = folder === '' ? 'empty' : `'${folder}' with the character '${forbidden}'`;
    const message = `the name of the log folder is ${actual}; permitted: a path without < > " | ? * and :`;
    throw new CloudPushError('ERR_CLOUDPUSH_LOG_FOLDER', message, { details: { folder } });
  }
  try {
    makeFolder(path);
    accessSync(path, constants.W_OK | constants.X_OK);
  } catch (cause) {
    const message = `the log folder ${folder} cannot be written`;
    throw new CloudPushError('ERR_CLOUDPUSH_LOG_FOLDER', message, { details: { folder }, cause });
  }
  return path;
}
