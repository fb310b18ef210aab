import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { sourceErrorCodes } from '../../base/source-error-codes.js';
import { requireText } from '../../base/validation.js';
import { sourceError } from '../errors.js';
import { unreadable } from '../media-error.js';

/**
 * The system's record of a regular file.
 * @throws CloudPushError `ERR_CLOUDPUSH_SOURCE_UNREADABLE`, `ERR_CLOUDPUSH_INVALID_PARAMETER`
 */
export async function statFile(path: string): Promise<Stats> {
  const stats = await statOf(requireText('path', path));
  if (stats.isFile()) return stats;
  throw notRead(path, stats);
}

/**
 * The system's record of a regular file, or of a FIFO.
 * @throws CloudPushError `ERR_CLOUDPUSH_SOURCE_UNREADABLE`
 */
export async function statInput(path: string): Promise<Stats> {
  const stats = await statOf(path);
  if (stats.isFile() || stats.isFIFO()) return stats;
  throw notRead(path, stats);
}

async function statOf(path: string): Promise<Stats> {
  return await stat(path).catch((error: unknown) => {
    throw unreadable(path, error);
  });
}

function notRead(path: string, stats: Stats): Error {
  const what = stats.isDirectory() ? 'this is a folder, not a file' : 'this is not a regular file';
  return sourceError(sourceErrorCodes.unreadable, path, what);
}
