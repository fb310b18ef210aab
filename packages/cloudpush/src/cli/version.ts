import { writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { ExitCode } from './exit-code.js';

/** Of the program. */
export function version(): string {
  const manifest = createRequire(import.meta.url)('../../package.json') as { version: string };
  return manifest.version;
}

/** Writes the version to stdout. */
export function tellVersion(): void {
  try {
    writeSync(1, `${version()}\n`);
  } catch (error) {
    process.exitCode =
      (error as NodeJS.ErrnoException).code === 'EPIPE' ? ExitCode.readerGone : ExitCode.failure;
  }
}
