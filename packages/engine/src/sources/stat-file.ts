import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { sourceError, sourceErrorCodes } from './errors.js';
import { unreadable } from './file-reader.js';

/**
 * What the system says of a regular file.
 * @throws CloudPushError `ERR_CLOUDPUSH_SOURCE_UNREADABLE`
 */
export async function statFile(path: string): Promise<Stats> {
  let stats: Stats;
  try {
    stats = await stat(path);
  } catch (error) {
    throw unreadable(path, error);
  }
  if (stats.isFile()) {
    return stats;
  }
  const what = stats.isDirectory() ? 'this is a folder, not a file' : 'this is no regular file';
  throw sourceError(sourceErrorCodes.unreadable, path, what);
}
