import { MuxerError } from '@cloudpush/muxer';
import { sourceErrorCodes } from '../base/source-error-codes.js';
import { shortageText, sourceError } from './errors.js';
import { InvalidMedia } from './files/packet-parser.js';

/** An error of reading or parsing as one that names the file. */
export function mediaError(path: string, error: unknown): unknown {
  if (error instanceof InvalidMedia || error instanceof MuxerError) {
    return sourceError(sourceErrorCodes.invalid, path, error.message, {
      offset: error instanceof InvalidMedia ? error.offset : undefined,
      cause: error,
    });
  }
  return unreadable(path, error);
}

/** The system's refusal in plain words; a shortage of the machine's passes, and is `retryable`. */
export function unreadable(path: string, cause: unknown): Error {
  const code = (cause as NodeJS.ErrnoException).code;
  const words: Readonly<Record<string, string>> = {
    ENOENT: 'there is no such file',
    EACCES: 'the file may not be read',
    EISDIR: 'this is a folder, not a file',
  };
  const shortage = shortageText(cause);
  const refusal = `the file cannot be read (${code ?? String(cause)})`;
  const what =
    words[code ?? ''] ?? (shortage === undefined ? refusal : `the file cannot be read now: ${shortage}`);
  return sourceError(sourceErrorCodes.unreadable, path, what, {
    class: shortage === undefined ? 'fatal' : 'retryable',
    cause,
  });
}
