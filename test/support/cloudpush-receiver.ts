import { startCloudpush } from './cloudpush.js';
import type { ChildProgram, ProcessExit } from './process.js';
import { waitFor } from './wait.js';

const EVENT_TIMEOUT_MS = 30_000;

/** A line of `cloudpush receive --json`. */
export interface ReceiveEvent {
  event: 'listening' | 'publish' | 'end' | 'refused' | 'joined' | 'summary';
  name?: string;
  port?: number;
  file?: string;
  clean?: boolean;
  pictures?: number;
  audioFrames?: number;
  videoMessages?: number;
  audioMessages?: number;
}

/** `cloudpush receive --record`, on a port of its own. */
export class CloudpushReceiver implements AsyncDisposable {
  readonly #program: ChildProgram;
  #port = 0;

  private constructor(program: ChildProgram) {
    this.#program = program;
  }

  /** Starts the receiver with its recordings in `folder`, and waits until it listens. */
  static async start(folder: string, more: readonly string[] = []): Promise<CloudpushReceiver> {
    const args = ['receive', '--listen', '127.0.0.1:0', '--record', folder, '--json', ...more];
    const program = startCloudpush(args);
    const receiver = new CloudpushReceiver(program);
    await receiver.#listening();
    return receiver;
  }

  async #listening(): Promise<void> {
    const { port = 0 } = await this.#program.whenReady(() => this.#event('listening'));
    this.#port = port;
  }

  get port(): number {
    return this.#port;
  }

  url(stream: string): string {
    return `rtmp://127.0.0.1:${this.#port}/live/${stream}`;
  }

  /** Everything that it has said so far. */
  events(): ReceiveEvent[] {
    const lines = this.#program.stdout.split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as ReceiveEvent);
  }

  published(stream: string): Promise<ReceiveEvent> {
    return this.#event('publish', stream);
  }

  ended(stream: string): Promise<ReceiveEvent> {
    return this.#event('end', stream);
  }

  /** The path of the stream's recording, complete. */
  async recording(stream: string): Promise<string> {
    const { file } = await this.ended(stream);
    if (file === undefined) throw new Error(`no recording of ${stream}: ${this.#program.describe()}`);
    return file;
  }

  stop(): Promise<ProcessExit> {
    return this.#program.stop('SIGINT');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program[Symbol.asyncDispose]();
  }

  async #event(event: ReceiveEvent['event'], name?: string): Promise<ReceiveEvent> {
    const what = `the receiver's event ${event} ${name ?? ''}`;
    return waitFor(what, EVENT_TIMEOUT_MS, () => {
      const found = this.events().find((entry) => entry.event === event && entry.name === name);
      if (found === undefined && !this.#program.running) throw new Error(this.#program.describe());
      return found;
    });
  }
}
