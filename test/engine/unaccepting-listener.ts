import { connect, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';

/** Listens, then blocks its thread for good: connections are never accepted. */
const LISTENER = `
  const { createServer } = require('node:net');
  const { parentPort } = require('node:worker_threads');
  const server = createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    parentPort.postMessage(server.address().port);
    setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
  });
`;
/** More than a backlog of one takes: from then on the kernel lets connections hang. */
const FILLERS = 4;

/** A port on which TCP connections are never made, and never refused. */
export class UnacceptingListener implements AsyncDisposable {
  readonly port: number;
  readonly #worker: Worker;
  readonly #fillers: Socket[];

  private constructor(port: number, worker: Worker) {
    this.port = port;
    this.#worker = worker;
    this.#fillers = Array.from({ length: FILLERS }, () => connect(port, '127.0.0.1').on('error', () => {}));
  }

  static async listen(): Promise<UnacceptingListener> {
    const worker = new Worker(LISTENER, { eval: true });
    const port = await new Promise<number>((resolve) => worker.once('message', resolve));
    const listener = new UnacceptingListener(port, worker);
    // Two are accepted by the kernel on the thread's behalf.
    await Promise.any(
      listener.#fillers.map((filler) => new Promise((resolve) => filler.once('connect', resolve))),
    );
    return listener;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const filler of this.#fillers) filler.destroy();
    await this.#worker.terminate();
  }
}
