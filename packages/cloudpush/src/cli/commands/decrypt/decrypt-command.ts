import { ExitCode, usageError } from '../../exit-code.js';
import type { Interruption } from '../../interruption.js';
import { FileProgress } from '../../terminal/file-progress.js';
import { facts, plural } from '../../terminal/format.js';
import type { Output } from '../../terminal/output.js';
import { type DecryptReport, decryptFile } from './decrypt-file.js';
import { failureText } from './failure-text.js';
import { KEY_VARIABLE, readKeys } from './keys.js';

/** The options of `cloudpush decrypt`, as the parser gives them. */
export interface DecryptCommandOptions {
  readonly key?: readonly string[];
  readonly tolerant?: boolean;
  readonly force?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/**
 * `cloudpush decrypt <input> <output>`: 1 when something in the file could not be decrypted, or nothing in it
 * is marked as encrypted. It runs on the main thread, which has nothing else to do but to draw the progress
 * between two pieces of the file.
 */
export async function decryptCommand(
  { inputPath, outputPath }: { readonly inputPath: string; readonly outputPath: string },
  options: DecryptCommandOptions,
  output: Output,
  interruption: Interruption,
): Promise<number> {
  if (outputPath === '-') {
    throw usageError(
      'decrypt cannot write to stdout (-): the output appears only when it is complete; write ./- for a file of that name',
    );
  }
  const keys = await readKeys(keyWords(options.key));
  const progress = new FileProgress(options.quiet === true ? undefined : output);
  try {
    const report = await decryptFile(inputPath, outputPath, {
      keys,
      tolerant: options.tolerant === true,
      force: options.force === true,
      signal: interruption.signal,
      onProgress: progress.onProgress,
    });
    progress.stop();
    if (options.json === true) {
      output.json(report);
    } else {
      output.result(reportText(report));
    }
    return isWhole(report) ? ExitCode.ok : ExitCode.failure;
  } catch (error) {
    progress.stop();
    if (interruption.exitCode === undefined) throw error;
    return interruption.exitCode;
  }
}

/**
 * Tells whether all that was encrypted is now in the clear. A file in which nothing was encrypted may have
 * lost all its markers: it is not whole.
 */
function isWhole({ decrypted, clear, withoutKey, damaged, unmarked }: DecryptReport): boolean {
  return withoutKey + damaged + unmarked === 0 && (decrypted > 0 || clear === 0);
}

/** Number of places of failures that are listed for people. */
const MAX_PLACES = 10;

function keyWords(given: readonly string[] = []): readonly string[] {
  const fromEnvironment = process.env[KEY_VARIABLE];
  const words = fromEnvironment ? [...given, fromEnvironment] : given;
  if (words.length === 0) {
    throw usageError(`a key is needed: in the variable ${KEY_VARIABLE}, or as --key`);
  }
  return words;
}

function reportText({
  output,
  decrypted,
  clear,
  withoutKey,
  damaged,
  unmarked,
  truncatedBytes,
  failures,
}: DecryptReport): string {
  const rows: [string, string][] = [
    ['decrypted', plural(decrypted, 'sample')],
    ['not encrypted', plural(clear, 'sample')],
  ];
  if (withoutKey > 0) {
    rows.push(['left encrypted', `${plural(withoutKey, 'sample')}: no key fits`]);
  }
  if (damaged > 0) {
    rows.push(['left as it is', `${plural(damaged, 'sample')}: damaged`]);
  }
  if (unmarked > 0) {
    rows.push(['left encrypted', `${plural(unmarked, 'sample')}: the marker is lost or damaged`]);
  }
  for (const failure of failures.slice(0, MAX_PLACES)) rows.push(['', failureText(failure)]);
  if (failures.length > MAX_PLACES) {
    rows.push(['', `${failures.length - MAX_PLACES} more: --json names them`]);
  }
  if (truncatedBytes > 0) {
    rows.push(['left out', `${plural(truncatedBytes, 'byte')} at the end: a tag that is cut off`]);
  }
  return `${output}\n${facts(rows)}`;
}
