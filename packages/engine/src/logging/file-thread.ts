import { Writable } from 'node:stream';
import { type RollingFileOptions, RollingFiles } from './rolling-files.js';

/**
 * Writes lines of the log to files that are rolled by size. It runs in a thread that has nothing else to do.
 */
class FileWriter extends Writable {
  readonly #files: RollingFiles;
  /** The beginning of a line whose end is still to come. */
  #begun = '';

  constructor(options: RollingFileOptions) {
    super({ decodeStrings: false });
    this.#files = new RollingFiles(options);
  }

  override _write(chunk: string, _encoding: string, done: (error?: Error) => void): void {
    const lines = (this.#begun + chunk).split('\n');
    this.#begun = lines.pop()!;
    try {
      this.#files.write(lines);
      done();
    } catch (error) {
      done(error as Error);
    }
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#files.close();
    done(error);
  }
}

// pino asks for a default export of what it runs in a thread.
export default function openFiles(options: RollingFileOptions): Writable {
  return new FileWriter(options);
}
