import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isShortage, moduleNotLoaded } from '../../sources/errors.js';

/**
 * A module opens so many files at a time while it is loaded. Node never forgets a file that it could not load:
 * better not to begin.
 */
const FILES = 32;

type OpenFile = (path: string, flags: 'r') => number;

/** Attempts at modules that have failed for want of something. */
const failures = new Map<string, number>();

/**
 * Imports an ES module into this thread; one that could not be loaded for a shortage of the machine's can be
 * loaded later.
 * @param open opens a file, as Node does
 * @throws CloudPushError `ERR_CLOUDPUSH_SOURCE_MODULE`, `retryable` where the machine was short
 */
export async function loadModule(
  url: string,
  open: OpenFile = openSync,
): Promise<Readonly<Record<string, unknown>>> {
  const failed = failures.get(url) ?? 0;
  try {
    requireFiles(url, open);
    // Under its own name Node would repeat the failure.
    return (await import(failed === 0 ? url : `${url}#${failed}`)) as Readonly<Record<string, unknown>>;
  } catch (cause) {
    if (isShortage(cause)) failures.set(url, failed + 1);
    throw moduleNotLoaded(url, cause);
  }
}

/** @throws the system's error, where it would let no more files be opened */
function requireFiles(url: string, open: OpenFile): void {
  if (!url.startsWith('file:')) return;
  const path = fileURLToPath(url);
  const opened: number[] = [];
  try {
    for (let i = 0; i < FILES; i++) opened.push(open(path, 'r'));
  } finally {
    for (const fd of opened) closeSync(fd);
  }
}
