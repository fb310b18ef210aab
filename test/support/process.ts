import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { waitFor } from './wait.js';

/** End of a process: an exit code, or the signal that ended it. */
export interface ProcessExit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** The outcome of a process that ran to its end. */
export interface ProcessResult extends ProcessExit {
  stdout: string;
  stderr: string;
}

const DEFAULT_RUN_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 30_000;

const living = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of living) child.kill('SIGKILL');
});

/**
 * A child process that a test starts, watches and always ends: `await using server = new ChildProgram(…)`.
 * Both its outputs are kept, and its end is a promise that never rejects.
 */
export class ChildProgram implements AsyncDisposable {
  readonly child: ChildProcess;
  readonly exited: Promise<ProcessExit>;
  readonly #command: string;
  #stdout = '';
  #stderr = '';
  #exit: ProcessExit | undefined;
  #startError: Error | undefined;

  constructor(command: string, args: readonly string[], options: SpawnOptions = {}) {
    this.#command = [command, ...args].join(' ');
    this.child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
    living.add(this.child);
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text;
    });
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    this.exited = new Promise((resolve) => {
      const end = (exit: ProcessExit): void => {
        this.#exit = exit;
        living.delete(this.child);
        resolve(exit);
      };
      this.child.once('error', (error) => {
        this.#startError = error;
        end({ code: null, signal: null });
      });
      // 'close' comes after 'exit', when both outputs have been read to their end.
      this.child.once('close', (code, signal) => end({ code, signal }));
    });
  }

  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  get running(): boolean {
    return this.#exit === undefined;
  }

  /** Types into the program's input, where that is a pipe. */
  type(text: string): void {
    this.child.stdin?.write(text);
  }

  /** The facts about this process for the report of a failed test. */
  describe(): string {
    const ending = this.running ? 'running' : JSON.stringify(this.#exit);
    const cause = this.#startError ? `, ${this.#startError.message}` : '';
    return `${this.#command} (${ending}${cause})\n${this.#stdout}${this.#stderr}`;
  }

  /** Waits until `pattern` stands in either output; fails at once when the process ends without it. */
  async waitForOutput(pattern: RegExp, timeoutMs = 30_000): Promise<RegExpMatchArray> {
    try {
      return await waitFor(`${pattern} in the output`, timeoutMs, () => {
        const match = this.#stdout.match(pattern) ?? this.#stderr.match(pattern);
        if (match === null && !this.running) throw new Error(`ended without saying ${pattern}`);
        return match ?? undefined;
      });
    } catch (error) {
      throw new Error(this.describe(), { cause: error });
    }
  }

  /**
   * Waits for what shows that the program is ready. When that fails the program is ended, and the error tells
   * what it said.
   */
  async whenReady<T>(ready: () => Promise<T>): Promise<T> {
    try {
      return await ready();
    } catch (error) {
      await this[Symbol.asyncDispose]();
      throw new Error(this.describe(), { cause: error });
    }
  }

  /** Waits for the end; past `timeoutMs` the process is killed and the call throws. */
  async waitForExit(timeoutMs: number): Promise<ProcessExit> {
    const timer = new AbortController();
    const late = sleep(timeoutMs, undefined, { signal: timer.signal }).catch(() => undefined);
    const exit = await Promise.race([this.exited, late]);
    timer.abort();
    if (exit !== undefined) return exit;
    this.child.kill('SIGKILL');
    await this.exited;
    throw new Error(`killed after ${timeoutMs} ms: ${this.describe()}`);
  }

  /** Asks the process to end, and kills it when it does not. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<ProcessExit> {
    if (this.running) this.child.kill(signal);
    return this.waitForExit(STOP_TIMEOUT_MS);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.running) this.child.kill('SIGKILL');
    await this.exited;
  }
}

/**
 * Runs a program to its end. A program that cannot be started, or does not end in time, throws; an exit code
 * does not.
 */
export async function run(
  command: string,
  args: readonly string[],
  options: SpawnOptions & { timeoutMs?: number } = {},
): Promise<ProcessResult> {
  const { timeoutMs = DEFAULT_RUN_TIMEOUT_MS, ...spawnOptions } = options;
  const program = new ChildProgram(command, args, spawnOptions);
  const exit = await program.waitForExit(timeoutMs);
  if (exit.code === null && exit.signal === null) throw new Error(program.describe());
  return { ...exit, stdout: program.stdout, stderr: program.stderr };
}
