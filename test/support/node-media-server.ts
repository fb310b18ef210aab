import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from './ports.js';
import { ChildProgram } from './process.js';

const CHILD_SCRIPT = fileURLToPath(new URL('node-media-server-child.mjs', import.meta.url));
const RECORDING_TIMEOUT_MS = 30_000;

/** node-media-server in a process of its own. Every stream that is published is recorded as FLV. */
export class NodeMediaServerPeer implements AsyncDisposable {
  readonly port: number;
  readonly #program: ChildProgram;

  private constructor(port: number, program: ChildProgram) {
    this.port = port;
    this.#program = program;
  }

  /**
   * Starts the server with everything that it writes under `folder`, and waits until it listens and records.
   */
  static async start(folder: string): Promise<NodeMediaServerPeer> {
    const port = await freePort();
    const settings = {
      bind: '127.0.0.1',
      rtmp: { port },
      store: { path: join(folder, 'store') },
      record: { auto: true, path: join(folder, 'recordings') },
      webadmin: { enable: false },
    };
    const program = new ChildProgram(process.execPath, [CHILD_SCRIPT, JSON.stringify(settings)], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    await program.whenReady(async () => {
      await program.waitForOutput(/Rtmp Server listening/);
      await program.waitForOutput(/Store ready/);
    });
    return new NodeMediaServerPeer(port, program);
  }

  url(stream: string): string {
    return `rtmp://127.0.0.1:${this.port}/live/${stream}`;
  }

  /** The path of the stream's recording, complete: its publisher has gone, and the file is closed. */
  recording(stream: string): Promise<string> {
    return this.#finish(stream, false);
  }

  /** The path of what has been recorded of the stream by now; nothing more is written to it. */
  recordingSoFar(stream: string): Promise<string> {
    return this.#finish(stream, true);
  }

  async #finish(stream: string, now: boolean): Promise<string> {
    const { child } = this.#program;
    child.send({ finish: `/live/${stream}`, now });
    const signal = AbortSignal.timeout(RECORDING_TIMEOUT_MS);
    for (;;) {
      const [message] = (await once(child, 'message', { signal })) as [{ finished: string; file: string }];
      if (message.finished === `/live/${stream}`) return message.file;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program[Symbol.asyncDispose]();
  }
}
