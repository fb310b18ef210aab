import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A process of the benchmark beside this one: it listens on a port, and takes orders. */
export class HelperProcess<Order extends object> {
  readonly port: number;
  readonly pid: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
    this.pid = child.pid!;
  }

  static async start<Orders extends object>(script: string): Promise<HelperProcess<Orders>> {
    const child = fork(fileURLToPath(new URL(script, import.meta.url)));
    const [port] = (await once(child, 'message')) as [number];
    return new HelperProcess<Orders>(child, port);
  }

  order(order: Order): void {
    this.#child.send(order);
  }

  /** Orders, and waits for the answer. */
  async ask(order: Order): Promise<unknown> {
    const answer = once(this.#child, 'message');
    this.order(order);
    const [value] = (await answer) as [unknown];
    return value;
  }

  async stop(): Promise<void> {
    const exited = once(this.#child, 'exit');
    this.#child.disconnect();
    await exited;
  }
}
