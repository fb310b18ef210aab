import { readFile } from 'node:fs/promises';
import { unreadable } from '@cloudpush/engine/sources';
import type { EncryptionKey } from '@cloudpush/muxer';
import { usageError } from '../../exit-code.js';

/** Variable for a key that is not to be seen in the list of processes. */
export const KEY_VARIABLE = 'CLOUDPUSH_KEY';

/** Bytes: who names a larger file as a key has named the wrong one. */
const MAX_KEY_FILE_SIZE = 4096;

/**
 * The keys that the words stand for: `hex:` and digits, `file:` and a path, and any other text, also behind
 * `text:`, is the key itself. No error tells a key.
 *
 * @throws CommandError for a word that makes no sense, CloudPushError for a file that cannot be read
 */
export async function readKeys(words: readonly string[]): Promise<EncryptionKey[]> {
  const keys = await Promise.all(words.map(readKey));
  return keys.flat();
}

async function readKey(word: string): Promise<EncryptionKey[]> {
  const [, form, rest = ''] = /^(hex|file|text):(.*)$/s.exec(word) ?? [undefined, 'text', word];
  if (form === 'file') return await readKeyFile(rest);
  if (rest === '') throw usageError('a key is empty');
  return [form === 'hex' ? hexBytes(rest) : rest];
}

function hexBytes(digits: string): Uint8Array {
  if (!/^([0-9a-f]{2})+$/i.test(digits)) {
    throw usageError('a key behind hex: must be an even number of hexadecimal digits');
  }
  return Buffer.from(digits, 'hex');
}

/**
 * Reads every key that a file may hold: its bytes, its text, and its text without the line end of an editor.
 * The key check in the samples tells which of them is the key.
 */
async function readKeyFile(path: string): Promise<EncryptionKey[]> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw unreadable(path, error);
  });
  if (bytes.length === 0 || bytes.length > MAX_KEY_FILE_SIZE) {
    throw usageError(`${path}: a key file holds 1 to ${MAX_KEY_FILE_SIZE} bytes, not ${bytes.length}`);
  }
  const text = bytes.toString('utf8');
  const line = text.replace(/\r?\n$/, '');
  return [bytes, ...new Set([text, line])].filter((key) => key.length > 0);
}
