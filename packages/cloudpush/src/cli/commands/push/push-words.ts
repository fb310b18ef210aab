import { usageError } from '../../exit-code.js';

/**
 * Splits the arguments of a command that pushes: the URL is the last word; everything before it is an input.
 * @throws CommandError when the last word is no URL, or an input is one
 */
export function splitWords(words: readonly string[]): { files: string[]; template: string } {
  const files = words.slice(0, -1);
  const template = words.at(-1) ?? '';
  requireUrl(template, 'the last argument must be the URL to push to, rtmp://… or rtmps://…');
  checkFiles(files);
  return { files, template };
}

/**
 * Refuses what is no URL to push to. Nothing of it is repeated: it may hold a token.
 * @throws CommandError with the text `otherwise`
 */
export function requireUrl(word: string, otherwise: string): void {
  if (!/^rtmps?:\/\//i.test(word)) throw usageError(otherwise);
}

/**
 * Refuses inputs that cannot be files.
 * @throws CommandError
 */
export function checkFiles(files: readonly string[]): void {
  if (files.includes('')) throw usageError('an input is an empty word: name a media file');
  if (files.some((file) => file.includes('://'))) {
    throw usageError('inputs are files; only the last argument may be a URL');
  }
}
