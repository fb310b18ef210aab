import { writeSync } from 'node:fs';
import { Writable } from 'node:stream';
import { prettyFactory } from 'pino-pretty';

const STDERR = 2;
/** How long to wait for a terminal or pipe that takes nothing now, in ms. */
const BUSY_DELAY = 10;
const LEVELS = 'trace:10,debug:20,info:30,main:35,warn:40,error:50,fatal:60';
const COLORS = 'trace:gray,debug:gray,info:blue,main:green,warn:yellow,error:red,fatal:bgRed';

/** How lines are shown. */
export interface ConsoleOptions {
  readonly colorize: boolean;
}

/** Writes lines of the log to stderr for people to read. It runs in a thread that has nothing else to do. */
class ConsoleWriter extends Writable {
  readonly #pretty: (line: string) => string;
  /** The beginning of a line whose end is still to come. */
  #begun = '';

  constructor({ colorize }: ConsoleOptions) {
    super({ decodeStrings: false });
    this.#pretty = prettyFactory({
      colorize,
      customLevels: LEVELS,
      customColors: COLORS,
      ignore: 'pid',
      singleLine: true,
      translateTime: 'SYS:yyyy-mm-dd HH:MM:ss.l',
    });
  }

  override _write(chunk: string, _encoding: string, done: (error?: Error) => void): void {
    const lines = (this.#begun + chunk).split('\n');
    this.#begun = lines.pop()!;
    try {
      writeWhole(Buffer.from(lines.map(this.#pretty).join('')));
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
