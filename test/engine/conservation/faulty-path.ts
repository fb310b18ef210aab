import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { reset } from '../../support/reset.js';

/**
 * A TCP relay to a server, for any number of clients, one after the other: a network and a server that fail
 * on demand.
 */
export class FaultyPath implements AsyncDisposable {
  readonly #server: Server;
  readonly #target: number;
  readonly #clients = new Set<Socket>();
  readonly #sockets = new Set<Socket>();
  #stalled = false;
  /** Bytes that may still pass before the connections are reset. */
  #allowance = Number.POSITIVE_INFINITY;

  private constructor(target: number) {
    this.#target = target;
    this.#server = createServer({ allowHalfOpen: true }, (client) => this.#join(client));
  }

  /** @param target the server's port */
  static async listen(target: number): Promise<FaultyPath> {
    const path = new FaultyPath(target);
    path.#server.listen(0, '127.0.0.1');
    await once(path.#server, 'listening');
    return path;
  }

  url(name: string): string {
    return `rtmp://127.0.0.1:${(this.#server.address() as AddressInfo).port}/live/${name}`;
  }

  /** Nothing is read from clients, nor from those that come, until {@link flow}. */
  stall(): void {
    this.#stalled = true;
    for (const client of this.#clients) client.pause();
  }

  flow(): void {
    this.#stalled = false;
    for (const client of this.#clients) client.resume();
  }

  get stalled(): boolean {
    return this.#stalled;
  }

  reset(): void {
    this.#allowance = Number.POSITIVE_INFINITY;
    for (const client of this.#clients) reset(client);
  }

  /** Resets the connections when so many more bytes have passed: somewhere in a message. */
  resetAfter(bytes: number): void {
    this.#allowance = bytes;
  }

  /** Ends the server's half of the connections; what clients send is still passed on. */
  halfClose(): void {
    for (const client of this.#clients) client.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #join(client: Socket): void {
    const onward = connect({ port: this.#target, host: '127.0.0.1', allowHalfOpen: true });
    this.#clients.add(client);
    client.on('data', (bytes) => this.#pass(bytes, onward));
    onward.on('data', (bytes) => client.writable && client.write(bytes));
    client.on('end', () => onward.end());
    onward.on('end', () => client.end());
    client.on('close', () => {
      this.#clients.delete(client);
      onward.end();
    });
    onward.on('close', () => client.destroy());
    for (const socket of [client, onward]) {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => this.#sockets.delete(socket));
    }
    if (this.#stalled) client.pause();
  }

  #pass(bytes: Buffer, onward: Socket): void {
    onward.write(bytes.subarray(0, this.#allowance));
    this.#allowance -= bytes.length;
    if (this.#allowance <= 0) this.reset();
  }
}
