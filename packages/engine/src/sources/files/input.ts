import { open } from 'node:fs/promises';
import { sourceErrorCodes } from '../../base/source-error-codes.js';
import { sourceError } from '../errors.js';
import { unreadable } from '../media-error.js';
import {
  FORMATS,
  type Format,
  type FormatName,
  formatByContent,
  formatByName,
  KNOWN_EXTENSIONS,
  PROBE_SIZE,
  remuxAdvice,
} from './formats.js';
import { isStdin } from './live-stream.js';
import { statInput } from './stat-file.js';

/** One of the inputs, before it is read. */
export interface Input {
  readonly path: string;
  /** Bytes; undefined of what comes through a pipe. */
  readonly size: number | undefined;
  /** Undefined where only the content will tell, which a pipe gives only once. */
  readonly format: Format | undefined;
}

/**
 * Finds out what an input is: by its name, by what the user says of it, or by its first bytes.
 * @throws CloudPushError `ERR_CLOUDPUSH_SOURCE_UNREADABLE`, `ERR_CLOUDPUSH_SOURCE_UNSUPPORTED`
 */
export async function inspectInput(path: string, told: FormatName | undefined): Promise<Input> {
  const name = formatByName(path) ?? told;
  const format = name === undefined ? undefined : FORMATS[name];
  if (isStdin(path)) return { path, size: undefined, format };
  const stats = await statInput(path);
  if (!stats.isFile()) return { path, size: undefined, format };
  return { path, size: stats.size, format: format ?? formatOf(path, await firstBytes(path), true)! };
}

/**
 * The form that first bytes tell.
 * @param isAll no more bytes will come that could tell it
 * @throws CloudPushError `ERR_CLOUDPUSH_SOURCE_UNSUPPORTED` when they tell none
 */
export function formatOf(path: string, bytes: Uint8Array, isAll: boolean): Format | undefined {
  const name = formatByContent(bytes);
  if (name !== undefined) return FORMATS[name];
  const advice = remuxAdvice(path, bytes);
  if (advice !== undefined) throw sourceError(sourceErrorCodes.unsupported, path, advice);
  if (!isAll) return undefined;
  const known = Object.keys(FORMATS).join(', ');
  const what = `the format is not recognized: the name does not end in one of ${KNOWN_EXTENSIONS}, and the content is none that is known; give it with --format: ${known}`;
  throw sourceError(sourceErrorCodes.unsupported, path, what);
}

async function firstBytes(path: string): Promise<Uint8Array> {
  try {
    await using file = await open(path, 'r');
    const { bytesRead, buffer } = await file.read(new Uint8Array(PROBE_SIZE), 0, PROBE_SIZE, 0);
    return buffer.subarray(0, bytesRead);
  } catch (error) {
    throw unreadable(path, error);
  }
}
