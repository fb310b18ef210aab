import { type FileHandle, lstat, open, stat } from 'node:fs/promises';
import { statFile, unreadable } from '@cloudpush/engine/sources';
import type { DecryptionCounts, DecryptionFailure, EncryptionKey } from '@cloudpush/muxer';
import { usageError } from '../../exit-code.js';
import { Decryption } from './decryption.js';
import { NewFile } from './new-file.js';

/** Bytes read at once: of a file of any size, little more than this is in memory. */
const PIECE_SIZE = 0x4_0000;

export interface DecryptFileOptions {
  readonly keys: readonly EncryptionKey[];
  /** Samples that cannot be decrypted are passed on as they are. */
  readonly tolerant: boolean;
  /** A file that has the name of the output already is replaced. */
  readonly force: boolean;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: { readonly done: number; readonly size: number }) => void;
}

/** Counts of the samples that were decrypted and of those that were not, by file. */
export interface DecryptReport extends Readonly<DecryptionCounts> {
  readonly input: string;
  readonly output: string;
  /** Bytes of a last tag that is cut off in the input, and left out of the output. */
  readonly truncatedBytes: number;
  /**
   * The samples that could not be decrypted, those that lie one behind the other together; at most 100
   * entries.
   */
  readonly failures: readonly DecryptionFailure[];
}

/**
 * Decrypts an FLV file of any size. The output has its name when it is whole, and only then.
 *
 * @throws CommandError; CloudPushError for an input that cannot be read; the reason of the signal, when that
 *   is aborted
 */
export async function decryptFile(
  input: string,
  output: string,
  options: DecryptFileOptions,
): Promise<DecryptReport> {
  const { size } = await statFile(input);
  await requireFree(output, input, options.force);
  const decryption = new Decryption(input, options.keys, options.tolerant);
  const source = await openInput(input);
  try {
    await using target = await NewFile.create(output, options.force);
    for (let done = 0; ; ) {
      options.signal.throwIfAborted();
      options.onProgress({ done, size });
      const piece = await readPiece(input, source);
      if (piece.length === 0) break;
      done += piece.length;
      await target.write(decryption.push(piece));
    }
    const truncatedBytes = decryption.end();
    await target.keep();
    return { input, output, ...decryption.counts, truncatedBytes, failures: decryption.failures };
  } finally {
    await source.close();
  }
}

/** Each piece has memory of its own: an unfinished tag may still refer to it when the next one comes. */
async function readPiece(path: string, file: FileHandle): Promise<Uint8Array> {
  const buffer = new Uint8Array(PIECE_SIZE);
  try {
    const { bytesRead } = await file.read(buffer, 0, PIECE_SIZE);
    return buffer.subarray(0, bytesRead);
  } catch (error) {
    throw unreadable(path, error);
  }
}

async function openInput(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (error) {
    throw unreadable(path, error);
  }
}

/**
 * Refuses an output that would overwrite something, unless that is wanted; the input is never overwritten.
 */
async function requireFree(output: string, input: string, force: boolean): Promise<void> {
  const [there, source] = await Promise.all([stat(output).catch(() => undefined), stat(input)]);
  if (there === undefined) {
    const link = await lstat(output).catch(() => undefined);
    if (link !== undefined) throw usageError(`${output}: this is a link that leads nowhere`);
    return;
  }
  if (there.isDirectory()) {
    throw usageError(`${output}: this is a folder, not a file`);
  }
  if (!there.isFile()) {
    throw usageError(`${output}: this is not a regular file`);
  }
  if (there.dev === source.dev && there.ino === source.ino) {
    throw usageError(`${output}: this is the input`);
  }
  if (!force) {
    throw usageError(`${output}: the file exists; --force replaces it`);
  }
}
