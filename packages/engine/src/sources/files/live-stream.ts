import { constants, open } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { sourceErrorCodes } from '../../base/source-error-codes.js';
import { sourceError } from '../errors.js';
import { unreadable } from '../media-error.js';

/** The path of the standard input. */
const STDIN = ['-', '/dev/stdin'];

export function isStdin(path: string): boolean {
  return STDIN.includes(path);
}

/**
 * Opens what can be read only once, as it comes: the standard input or a FIFO.
 * @throws CloudPushError `ERR_CLOUDPUSH_SOURCE_UNREADABLE`
 */
export async function openLiveStream(path: string): Promise<Readable> {
  if (isStdin(path)) {
    if (process.stdin.isTTY === true) {
      const what = 'the standard input is a terminal: media must come through a pipe';
      throw sourceError(sourceErrorCodes.unreadable, path, what);
    }
    return process.stdin;
  }
  try {
    // Without waiting for who writes: that is waited for when it is read.
    const fd = await promisify(open)(path, constants.O_RDONLY | constants.O_NONBLOCK);
    return new Socket({ fd, readable: true, writable: false });
  } catch (error) {
    throw unreadable(path, error);
  }
}
