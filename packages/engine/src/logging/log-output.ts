import { type DestinationStream, transport } from 'pino';
import type { ConsoleOptions } from './console-thread.js';
import type { RollingFileOptions } from './rolling-files.js';

/** The level of pino. */
const WARN = 40;

type LogThread = ReturnType<typeof transport>;

/**
 * Lines that a place has not taken yet are kept up to so many characters beyond its thread's own buffer of 4
 * MiB.
 */
const MAX_BACKLOG = 16 * 1024 * 1024;

/** Lines that a place is behind. */
interface Backlog {
  /** Characters, as long as its thread's buffer is full. */
  size: number;
  /** Lines that were left out since. */
  leftOut: number;
}

/**
 * Sends the lines of a log to their places. Each place has a thread of its own, so that a slow disk or
 * terminal keeps nobody waiting, and one place goes on when the other fails.
 */
export class LogOutput implements DestinationStream {
  readonly #threads = new Map<LogThread, Backlog>();
  readonly #onError: (error: Error) => void;
  #closed: Promise<void> | undefined;

  /** @param onError called once for each place that can no longer be written */
  constructor(toConsole: boolean, files: RollingFileOptions | undefined, onError: (error: Error) => void) {
    this.#onError = onError;
    if (toConsole) this.#start(consoleThread(), consoleOptions());
    if (files !== undefined) this.#start(fileThread(), files);
  }

  write(line: string): void {
    if (this.#closed !== undefined) return;
    for (const [thread, backlog] of this.#threads) writeBounded(thread, backlog, line);
  }

  /** Calls back when every line so far has been written, or cannot be. */
  flush(done: () => void): void {
    const flushed = [...this.#threads.keys()].map(
      (thread) => new Promise((resolve) => thread.flush(resolve)),
    );
    void Promise.all(flushed).then(done);
  }

  /** Resolves when every line has been written, or cannot be. */
  close(): Promise<void> {
    this.#closed ??= Promise.all([...this.#threads.keys()].map(finish)).then(() => {});
    return this.#closed;
  }

  #start({ href: target }: URL, options: object): void {
    const thread = transport({ target, options });
    thread.on('error', (error: Error) => this.#onFailure(thread, error));
    const backlog = { size: 0, leftOut: 0 };
    thread.on('drain', () => {
      if (this.#closed === undefined) catchUp(thread, backlog);
    });
    this.#threads.set(thread, backlog);
  }

  #onFailure(thread: LogThread, error: Error): void {
    if (this.#threads.delete(thread)) this.#onError(error);
  }
}

/**
 * A terminal that is stopped, or a pipe that nobody reads, must not fill the memory with what it does not
 * take.
 */
function writeBounded(thread: LogThread, backlog: Backlog, line: string): void {
  if (backlog.size >= MAX_BACKLOG) backlog.leftOut++;
  else if (thread.write(line)) backlog.size = 0;
  else backlog.size += line.length;
}

/** The place has taken everything. */
function catchUp(thread: LogThread, backlog: Backlog): void {
  const { leftOut } = backlog;
  backlog.size = 0;
  backlog.leftOut = 0;
  if (leftOut === 0) return;
  const msg = `${leftOut} lines are left out here: they came faster than they could be written`;
  const line = { level: WARN, time: new Date().toISOString(), pid: process.pid, msg };
  writeBounded(thread, backlog, `${JSON.stringify(line)}\n`);
}

// Asked for when they are needed: a bundle of CommonJS modules has no `import.meta.url`.
function consoleThread(): URL {
  return new URL('./console-thread.js', import.meta.url);
}

function fileThread(): URL {
  return new URL('./file-thread.js', import.meta.url);
}

function consoleOptions(): ConsoleOptions {
  return { colorize: process.stderr.isTTY && process.stderr.hasColors() };
}

/** Ends a thread. Its `end` would block this one until all is written, so that all is written first. */
function finish(thread: LogThread): Promise<void> {
  return new Promise((resolve) => {
    thread.once('finish', resolve);
    // Instead of `finish`, should the thread fail.
    thread.once('close', resolve);
    thread.flush(() => thread.end());
  });
}
