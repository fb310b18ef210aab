import type { SourceConfig } from '../../options/source-config.js';
import type { Pacer } from '../../sources/pacing/pacer.js';
import { FileOpener } from './file-opener.js';
import { ReaderSession } from './reader-session.js';
import type { SourceOutput } from './source-output.js';
import type { SessionHandler, SourceSession } from './source-session.js';

/** A session of the kind of source that is configured. */
export function openSession(
  { input, audio }: SourceConfig,
  pacer: Pacer,
  output: SourceOutput,
  handler: SessionHandler,
): SourceSession {
  switch (input.kind) {
    case 'file':
      return new ReaderSession(new FileOpener(input), pacer, output, handler, audio);
    default:
      throw new Error(`sources of the kind ${input.kind} cannot be read yet`);
  }
}
