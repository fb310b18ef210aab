import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { CommandError, ExitCode } from '../../exit-code.js';

/** The longest that the receiver may take to start, and to end, in ms. */
const PATIENCE = 15_000;

const MAIN = fileURLToPath(new URL('../../main.js', import.meta.url));

/** The report of the receiver on a stream that has ended. */
export interface ReceivedRecording {
  readonly name: string;
  readonly file: string;
  readonly clean: boolean;
  readonly bytes: number;
  readonly error?: { readonly code: string; readonly message: string };
}

type ReceiverEvent =
  | { readonly event: 'listening'; readonly url: string }
  | ({ readonly event: 'end' } & ReceivedRecording)
  | { readonly event: 'publish' | 'refused' | 'summary' };

/** `cloudpush receive` in a process of its own, as a server is. */
export class ReceiverProcess implements AsyncDisposable {
  /** Streams that have ended, by name. */
  readonly recordings = new Map<string, ReceivedRecording>();
  readonly #child: ChildProcess;
  readonly #lines: Interface;
  readonly #ended: Promise<unknown>;
  #url = '';

  /** Starts a receiver on a free port, which records to `folder`. */
  static async start(folder: string): Promise<ReceiverProcess> {
    const receiver = new ReceiverProcess(folder);
    receiver.#url = await receiver.#listening();
    return receiver;
  }

  private constructor(folder: string) {
    this.#child = fork(
      MAIN,
      ['receive', '--listen', '127.0.0.1:0', '--record', folder, '--json', '--quiet'],
      {
        stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
        // Ctrl-C in the terminal is for the pusher: the receiver takes in what it still sends.
        detached: true,
      },
    );
    this.#lines = createInterface({ input: this.#child.stdout! });
    this.#lines.on('line', (line) => this.#onLine(line));
    // Everything has been read when the lines have ended, and not yet when the process has.
    this.#ended = Promise.all([once(this.#child, 'exit'), once(this.#lines, 'close')]);
  }

  /** URL that it listens on, with a slash at the end. */
  get url(): string {
    return this.#url;
  }

  /** Ends the receiver; afterwards every recording is whole. */
  async stop(): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), PATIENCE);
    await this.#ended;
    clearTimeout(timer);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #listening(): Promise<string> {
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), PATIENCE);
    while (this.#url === '' && this.#child.exitCode === null && this.#child.signalCode === null) {
      await Promise.race([once(this.#lines, 'line'), this.#ended]);
    }
    clearTimeout(timer);
    if (this.#url === '') throw new CommandError('the receiver did not start', ExitCode.failure);
    return this.#url;
  }

  #onLine(line: string): void {
    const event = parseEvent(line);
    if (event === undefined) return;
    if (event.event === 'listening') {
      this.#url = event.url;
    } else if (event.event === 'end') {
      this.recordings.set(event.name, event);
    }
  }
}

/**
 * A line that is no event comes from something else in the process, such as a module loaded by NODE_OPTIONS.
 */
function parseEvent(line: string): ReceiverEvent | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && 'event' in value
      ? (value as ReceiverEvent)
      : undefined;
  } catch {
    return undefined;
  }
}
