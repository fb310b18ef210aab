import { writeSync } from 'node:fs';
import { Writable } from 'node:stream';
import { consoleLine } from './console-line.js';

const STDERR = 2;
/** Wait for a terminal or pipe that takes nothing now, in ms. */
const BUSY_DELAY = 10;

/** Options of showing lines. */
export interface ConsoleOptions {
  readonly colorize: boolean;
}

/** Writes lines of the log to stderr for people to read. It runs in a thread that has nothing else to do. */
class ConsoleWriter extends Writable {
  readonly #colorize: boolean;
  /** The beginning of a line whose end is still to come. */
  #begun = '';

  constructor({ colorize }: ConsoleOptions) {
    super({ decodeStrings: false });
    this.#colorize = colorize;
  }

  override _write(chunk: string, _encoding: string, done: (error?: Error) => void): void {
    const lines = (this.#begun + chunk).split('\n');
    this.#begun = lines.pop()!;
    try {
      writeWhole(Buffer.from(lines.map((line) => consoleLine(line, this.#colorize)).join('')));
      done();
    } catch (error) {
      done(error as Error);
    }
  }
}

/** @throws an error of the system, such as `EPIPE` when nobody reads any more. */
function writeWhole(text: Buffer): void {
  let written = 0;
  while (written < text.length) {
    try {
      written += writeSync(STDERR, text, written);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, BUSY_DELAY);
    }
  }
}

// pino asks for a default export of what it runs in a thread.
export default function openConsole(options: ConsoleOptions): Writable {
  return new ConsoleWriter(options);
}
